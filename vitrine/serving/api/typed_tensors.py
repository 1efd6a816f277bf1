"""Arrays as `TensorProto`s whose values are in the typed fields, such as `float_val`, as TF Serving answers.

Clients in Java, Go and Node read these fields; `tf.make_tensor_proto` packs the values into `tensor_content` instead.
The fields are those of TensorFlow's `Tensor::AsProtoField` (tensor.cc, `PROTO_TRAITS`).
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

Array = npt.NDArray[np.generic]


class _Field(NamedTuple):
    """A field, and a function of a flat array that returns its values."""

    name: str
    values: Callable[[Array], Sequence[object]]


def _plain(array: Array) -> list[object]:
    values: list[object] = array.tolist()
    return values


def _bits(array: Array) -> list[int]:
    """Return the bits of 16-bit floats as integers."""
    bits: list[int] = array.view(np.uint16).tolist()
    return bits


def _parts(array: Array) -> list[float]:
    """Return real and imaginary parts by turns."""
    parts: list[float] = array.view(array.real.dtype).tolist()
    return parts


def _strings(array: Array) -> list[bytes]:
    return [value.encode() if isinstance(value, str) else value for value in array.tolist()]


_INT: Final = _Field("int_val", _plain)
_FIELDS: Final = {
    tf.float32: _Field("float_val", _plain),
    tf.float64: _Field("double_val", _plain),
    tf.int32: _INT,
    tf.int16: _INT,
    tf.int8: _INT,
    tf.uint16: _INT,
    tf.uint8: _INT,
    tf.int64: _Field("int64_val", _plain),
    tf.uint32: _Field("uint32_val", _plain),
    tf.uint64: _Field("uint64_val", _plain),
    tf.bool: _Field("bool_val", _plain),
    tf.half: _Field("half_val", _bits),
    tf.bfloat16: _Field("half_val", _bits),
    tf.complex64: _Field("scomplex_val", _parts),
    tf.complex128: _Field("dcomplex_val", _parts),
    tf.string: _Field("string_val", _strings),
}


def typed_tensor(array: Array, dtype: tf.DType) -> TensorProto:
    """Return an array of any shape as a tensor of `dtype`, with its values in the typed field.

    Raises:
        TypeError: Tensors of this type have no such field.
    """
    if dtype not in _FIELDS:
        raise TypeError(f"outputs of the type {dtype.name} cannot be sent")
    field = _FIELDS[dtype]
    tensor = TensorProto(dtype=dtype.as_datatype_enum, tensor_shape=tf.TensorShape(np.shape(array)).as_proto())
    converted = np.ascontiguousarray(array, None if dtype == tf.string else dtype.as_numpy_dtype)
    getattr(tensor, field.name).extend(field.values(converted.reshape(-1)))
    return tensor
