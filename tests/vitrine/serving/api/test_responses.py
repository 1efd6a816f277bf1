import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vitrine.saved_model.status import ApiError
from vitrine.serving.api.json_bodies import parse_object
from vitrine.serving.api.json_tensor import KINDS
from vitrine.serving.api.predict_requests import Form, input_arrays
from vitrine.serving.api.responses import predict_body

NUMERIC = sorted(set(KINDS) - {"string"})


@st.composite
def outputs(draw: st.DrawFn) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    batch = draw(st.integers(1, 3))
    types = draw(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(NUMERIC), min_size=1))
    shape = hnp.array_shapes(min_dims=0, max_dims=2, max_side=3)
    arrays = {
        name: draw(hnp.arrays(KINDS[kind].dtype, (batch, *draw(shape)), elements=element(kind)))
        for name, kind in types.items()
    }
    return arrays, types


def element(kind: str) -> st.SearchStrategy[object] | None:
    bounds = KINDS[kind].integers
    return st.integers(-(2**7) if "u" not in kind else 0, 127) if bounds and not KINDS[kind].decimals else None


@given(outputs(), st.sampled_from(["row", "column"]))
@example(({"x": np.array([np.finfo(np.float32).max])}, {"x": "float"}), "row")
def test_what_is_written_is_read_back_to_the_last_bit(
    case: tuple[dict[str, np.ndarray], dict[str, str]], form: Form
) -> None:
    arrays, types = case
    body = parse_object(predict_body(arrays, types, form))
    request = {"instances": body["predictions"]} if form == "row" else {"inputs": body["outputs"]}
    read, read_form = input_arrays(request, types)
    assert read_form == form
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)


def test_decimals_have_the_fewest_digits() -> None:
    values = np.array([0.1, 3, 1e-7, 123456.79], np.float32)
    assert predict_body({"x": values}, {"x": "float"}, "row") == b'{"predictions":[0.1,3.0,1e-7,123456.79]}'


def test_numbers_beside_nan_keep_their_digits() -> None:
    body = predict_body({"x": np.array([0.1, np.nan, -np.inf], np.float32)}, {"x": "float"}, "column")
    assert body == b'{"outputs":[0.1,NaN,-Infinity]}'


def test_strings_that_are_not_utf_8_stay_valid_json() -> None:
    body = predict_body({"x": np.array([b"a\xff"], object)}, {"x": "string"}, "row")
    assert json.loads(body) == {"predictions": ["a�"]}


def test_strings_keep_their_zeros() -> None:
    assert json.loads(predict_body({"x": b"a\0"}, {"x": "string"}, "column")) == {"outputs": "a\0"}


def test_zero_rows_of_several_outputs_are_an_empty_list() -> None:
    empty = {"x": np.zeros((0, 2), np.float32), "y": np.zeros(0, object)}
    types = {"x": "float", "y": "string"}
    assert predict_body(empty, types, "row") == b'{"predictions":[]}'
    assert json.loads(predict_body(empty, types, "column")) == {"outputs": {"x": [], "y": []}}


def test_a_type_without_a_json_form_is_refused() -> None:
    with pytest.raises(ApiError, match="Failed to write JSON value for tensor type: half"):
        predict_body({"x": np.zeros(1, np.float16)}, {"x": "half"}, "row")
