"""Tensors in the typed fields, as TF Serving's own answers have them."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vitrine.serving.api.typed_tensors import typed_tensor

FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int8": "int_val",
    "int16": "int_val",
    "int32": "int_val",
    "uint8": "int_val",
    "uint16": "int_val",
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "float16": "half_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
}
VALUES = {"scomplex_val": 2, "dcomplex_val": 2}


@pytest.mark.parametrize("name", FIELDS)
@given(data=st.data())
def test_values_are_in_the_field_of_their_type_and_come_back(name: str, data: st.DataObject) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    array = data.draw(arrays.arrays(name, shape))
    tensor = typed_tensor(array, tf.as_dtype(name))
    assert not tensor.tensor_content
    assert len(getattr(tensor, FIELDS[name])) == array.size * VALUES.get(FIELDS[name], 1)
    np.testing.assert_array_equal(tf.make_ndarray(tensor), array)


def test_bfloat16_is_sent_as_its_bits() -> None:
    array = np.array([[1.0, -2.5]], tf.bfloat16.as_numpy_dtype)
    tensor = typed_tensor(array, tf.bfloat16)
    assert list(tensor.half_val) == [0x3F80, 0xC020]
    np.testing.assert_array_equal(tf.make_ndarray(tensor), array)


@pytest.mark.parametrize("array", [np.array([[b"a", b"\xff"]], object), np.array(["é", ""], object), np.array(b"one")])
def test_strings_are_bytes(array: np.ndarray) -> None:
    tensor = typed_tensor(array, tf.string)
    expected = [value.encode() if isinstance(value, str) else value for value in array.reshape(-1).tolist()]
    assert list(tensor.string_val) == expected
    assert tf.TensorShape(tensor.tensor_shape) == array.shape


def test_values_of_another_width_take_the_type_of_the_signature() -> None:
    assert list(typed_tensor(np.array([1, 2]), tf.float32).float_val) == [1.0, 2.0]


def test_a_type_without_a_field_is_named() -> None:
    with pytest.raises(TypeError, match="qint8"):
        typed_tensor(np.array([1]), tf.qint8)
