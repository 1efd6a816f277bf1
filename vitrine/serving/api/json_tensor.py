"""Conversion of a JSON value to a dense array, with the checks and messages of TF Serving's `json_tensor.cc`.

A valid value is converted level by level, without a Python call per number. An invalid one is walked a second time,
number by number, to report the first error.
"""

import base64
import binascii
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeGuard, cast

import numpy as np
from numpy.typing import DTypeLike
from pydantic import JsonValue

from vitrine.saved_model.arrays import Array
from vitrine.saved_model.status import ApiError, invalid
from vitrine.serving.api.json_bodies import excerpt

MAX_RANK: Final = 64
"""The maximal number of dimensions of a NumPy array; TensorFlow's own limit is 254."""


@dataclass(frozen=True)
class Kind:
    """The JSON form of a TensorFlow type.

    Attributes:
        dtype: The array's type.
        types: The Python types of its JSON values.
        integers: The smallest and the largest integer allowed, or None when the type is not numeric.
        decimals: Whether the type holds decimals; values beyond its range are refused.
    """

    dtype: DTypeLike
    types: frozenset[type]
    integers: tuple[int, int] | None = None
    decimals: bool = False


_INT = frozenset({int})
_NUMBER = frozenset({int, float})
# A TensorProto holds narrow integers in 32 bits; they wrap around when the tensor is made.
_INT32 = (-(2**31), 2**31 - 1)
KINDS: Final = {
    # Integers beyond the mantissa would be rounded, so they are refused; decimals are rounded as usual.
    "float": Kind(np.float32, _NUMBER, (1 - 2**24, 2**24 - 1), True),
    "double": Kind(np.float64, _NUMBER, (1 - 2**53, 2**53 - 1), True),
    "int8": Kind(np.int8, _INT, _INT32),
    "uint8": Kind(np.uint8, _INT, _INT32),
    "int16": Kind(np.int16, _INT, _INT32),
    "int32": Kind(np.int32, _INT, _INT32),
    "int64": Kind(np.int64, _INT, (-(2**63), 2**63 - 1)),
    "uint32": Kind(np.uint32, _INT, (0, 2**32 - 1)),
    "uint64": Kind(np.uint64, _INT, (0, 2**64 - 1)),
    "bool": Kind(np.bool_, frozenset({bool})),
    "string": Kind(np.object_, frozenset({str, dict})),
}
"""The types of request inputs, by their names in TensorFlow's messages."""


def to_array(value: JsonValue, type_name: str) -> Array:
    """Convert `value`, a scalar or nested lists of one shape, to an array of TensorFlow's type `type_name`.

    Strings become `bytes` in an array of objects; `{"b64": …}` is decoded.

    Raises:
        ApiError: INVALID_ARGUMENT for ragged lists, wrong types, numbers that do not fit and bad base64;
            UNIMPLEMENTED for a type without a JSON form.
    """
    shape = dense_shape(value)
    if len(shape) > MAX_RANK:
        raise invalid(f"A tensor of {len(shape)} dimensions has more than the {MAX_RANK} allowed.")
    kind = KINDS.get(type_name)
    leaves = _leaves(value, shape)
    if kind is None or leaves is None or not _fits(leaves, kind):
        _explain(value, 0, shape, type_name)
        raise _unconvertible(value, type_name)
    if type_name == "string":
        array: Array = np.empty(len(leaves), dtype=object)
        array[:] = [_decode(leaf) for leaf in leaves]
    else:
        array = np.array(leaves, dtype=np.int64 if kind.integers == _INT32 else kind.dtype).astype(kind.dtype)
    return array.reshape(shape)


def dense_shape(value: JsonValue) -> list[int]:
    """Return the shape of nested lists along each list's first element; `[]` for a scalar."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    return shape


def is_base64(value: JsonValue) -> TypeGuard[dict[str, JsonValue]]:
    """Return whether `value` is an object with the single key `b64` and a string under it."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def _leaves(value: JsonValue, shape: list[int]) -> list[JsonValue] | None:
    """Return the scalars of `value` in row-major order, or None when its shape is not `shape` throughout."""
    level = [value]
    for size in shape:
        if any(type(item) is not list or len(item) != size for item in level):
            return None
        level = list(chain.from_iterable(cast(list[list[JsonValue]], level)))
    return level


def _fits(leaves: list[JsonValue], kind: Kind) -> bool:
    types = set(map(type, leaves))
    if not types <= kind.types:
        return False
    if dict in types:
        return all(is_base64(leaf) for leaf in leaves if type(leaf) is dict)
    if kind.integers and int in types:
        numbers = [leaf for leaf in leaves if type(leaf) is int]
        if min(numbers) < kind.integers[0] or max(numbers) > kind.integers[1]:
            return False
    if kind.decimals and float in types:
        decimals = np.array(leaves, dtype=np.float64)
        with np.errstate(over="ignore"):  # round first: the shortest decimal of the largest float is a little larger
            return bool(np.isfinite(decimals[np.isfinite(decimals)].astype(kind.dtype)).all())
    return True


def _decode(leaf: JsonValue) -> bytes:
    if is_base64(leaf):
        text = "".join(str(leaf["b64"]).split())
        try:
            return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise invalid("Unable to base64 decode") from None
    try:
        return str(leaf).encode()
    except UnicodeEncodeError:
        raise invalid("JSON Parse error: The surrogate pair in string is invalid.") from None


def _explain(value: JsonValue, level: int, shape: list[int], type_name: str) -> None:
    """Raise the first error of `value`, in the order and with the messages of TF Serving's `FillTensorProto`."""
    rank = len(shape)
    if not isinstance(value, list):
        if level != rank:
            raise invalid(
                f"JSON Value: {excerpt(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {rank}"
            )
        _explain_scalar(value, type_name)
        return
    if level >= rank:
        raise invalid(f"Encountered list at unexpected level: {level} expected < {rank}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    for item in value:
        _explain(item, level + 1, shape, type_name)


def _explain_scalar(value: JsonValue, type_name: str) -> None:
    kind = KINDS.get(type_name)
    if isinstance(value, dict) and type_name == "string":
        if not is_base64(value):
            raise invalid(f"JSON Value: {excerpt(value)} not formatted correctly for base64 data")
    elif kind is None and not isinstance(value, dict):
        raise _unconvertible(value, type_name)
    elif kind is None or type(value) not in kind.types or (not kind.decimals and not _fits([value], kind)):
        raise invalid(f"JSON Value: {excerpt(value)} Type: {json_type(value)} is not of expected type: {type_name}")
    elif not _fits([value], kind):
        raise invalid(f"Cannot convert JSON value: {excerpt(value)} to {type_name} without loss of precision.")


def _unconvertible(value: JsonValue, type_name: str) -> ApiError:
    return ApiError("UNIMPLEMENTED", f"Conversion of JSON Value: {excerpt(value)} to type: {type_name}")


_JSON_TYPES: Final = {type(None): "Null", dict: "Object", list: "Array", str: "String"}


def json_type(value: JsonValue) -> str:
    """Return TF Serving's name of the JSON type of `value`: Null, True, False, Object, Array, String or Number."""
    return str(value) if isinstance(value, bool) else _JSON_TYPES.get(type(value), "Number")
