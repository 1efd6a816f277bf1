from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vitrine.saved_model.status import ApiError
from vitrine.serving.api.json_tensor import dense_shape, to_array

DTYPES = {"float": np.float32, "double": np.float64, "int32": np.int32, "int64": np.int64, "uint64": np.uint64}
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, max_side=4)


@given(st.sampled_from(sorted(DTYPES)).flatmap(lambda name: st.tuples(st.just(name), hnp.arrays(DTYPES[name], SHAPES))))
def test_an_array_as_lists_is_the_array_again(case: tuple[str, np.ndarray]) -> None:
    name, array = case
    read = to_array(array.tolist(), name)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


@given(hnp.arrays(object, SHAPES, elements=st.text(st.characters(exclude_categories=["Cs"]))))
def test_strings_become_their_utf_8(array: np.ndarray) -> None:
    read = to_array(array.tolist(), "string")
    assert [string.decode() for string in read.ravel()] == array.ravel().tolist()
    assert read.shape == array.shape


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["b64", "x"]), inner, max_size=2),
    max_leaves=10,
)


def refusal(value: Any, name: str) -> ApiError | None:
    try:
        assert list(to_array(value, name).shape) == dense_shape(value)
    except ApiError as error:
        return error
    return None


@given(NESTED, st.sampled_from([*DTYPES, "int8", "uint8", "uint32", "bool", "string"]))
def test_anything_is_an_array_or_told_what_is_wrong(value: Any, name: str) -> None:
    error = refusal(value, name)
    assert error is None or error.code == "INVALID_ARGUMENT"


@given(NESTED)
def test_a_type_that_json_cannot_feed_is_never_an_array(value: Any) -> None:
    assert refusal(value, "half").status in (400, 501)


@pytest.mark.parametrize(("text", "raw"), [("aGk=", b"hi"), ("aGk", b"hi"), (" aG\nk= ", b"hi"), ("", b"")])
def test_base64_may_lack_padding_and_hold_white_space(text: str, raw: bytes) -> None:
    assert to_array({"b64": text}, "string").item() == raw


def test_narrow_integers_wrap_around_as_in_a_tensor_proto() -> None:
    assert to_array([300, -1], "uint8").tolist() == [44, 255]


def test_lists_deeper_than_an_array_can_be_are_refused() -> None:
    value: Any = 1.0
    for _ in range(65):
        value = [value]
    with pytest.raises(ApiError, match="65 dimensions"):
        to_array(value, "float")
