"""Refusal of fields that may change what is computed."""

import pytest

from vitrine.encoders.known_fields import FIXED, HARMLESS, require_known
from vitrine.errors import DataError


@pytest.mark.parametrize("fields", [{}, {"width": 3, "dtype": "float32", "is_decoder": False}, {"surprise": None}])
def test_known_harmless_and_null_fields_are_passed_over(fields):
    require_known(fields, "here", {"width"}, FIXED, HARMLESS)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"width": 3, "surprise": 1},
            r"here: 'surprise' \(1\) is not known and may change what is computed; remove it",
        ),
        ({"is_decoder": True}, "here: is_decoder True is not supported; False is"),
        ({"quantization_config": {"bits": 4, "why": "x" * 99}}, r"'quantization_config' \(\{'bits': 4, 'why': 'x+…\)"),
    ],
)
def test_others_are_refused(fields, message):
    with pytest.raises(DataError, match=message):
        require_known(fields, "here", {"width"}, FIXED, HARMLESS)
