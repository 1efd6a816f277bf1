"""Refusal of fields that may change what is computed."""

import pytest

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.known_fields import FIXED, HARMLESS, optional_json, require_known, require_one_of
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


def test_an_unknown_field_that_is_null_is_refused_where_that_may_mean_something():
    with pytest.raises(DataError, match=r"here: 'surprise' \(None\) is not known and may change what is computed"):
        require_known({"width": None, "surprise": None}, "here", {"width"}, strict=True)
    require_known({"width": None, "kind": None}, "here", {"width"}, {"kind": "a"}, strict=True)


@pytest.mark.parametrize("fields", [{}, {"side": "left"}, {"side": None}])
def test_one_of_several_values_is_passed_over(fields):
    require_one_of(fields, "here", {"side": ("left", "right", None)})


def test_a_value_that_is_none_of_several_is_refused():
    for value in ("top", ["left"], None):
        with pytest.raises(DataError, match=r"here: side is .*, which is not supported; 'left' or 'right' is"):
            require_one_of({"side": value}, "here", {"side": ("left", "right")})


def test_a_file_may_be_missing_but_not_be_something_else():
    checkpoint = Checkpoint("here", {"a.json": b'{"b": 1}', "c.json": b"[]"}, {})
    assert optional_json(checkpoint, "a.json") == {"b": 1}
    assert optional_json(checkpoint, "b.json") == {}
    with pytest.raises(DataError, match=r"here/c\.json: expected a JSON object, found list"):
        optional_json(checkpoint, "c.json")
