"""The answer to a predict request, in the form the request had: rows (`predictions`) or columns (`outputs`)."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from vitrine.saved_model.status import invalid
from vitrine.serving.api.requests import Form

WRITABLE: Final = frozenset(
    {"float", "double", "int8", "uint8", "int16", "int32", "int64", "uint32", "uint64", "bool", "string"}
)
"""TensorFlow types that have a JSON form."""

_BYTES_SUFFIX: Final = "_bytes"


def predict_body(outputs: Mapping[str, Any], types: Mapping[str, str], form: Form) -> bytes:
    """The response's JSON. A single output loses its name; strings of outputs named `…_bytes` are base64.

    Decimals are written with the fewest digits that give the same number back, NaN and infinities as `NaN`,
    `Infinity` and `-Infinity`. Strings that are not UTF-8 lose what cannot be read.

    Args:
        outputs: An array or scalar by output name.
        types: TensorFlow's type name by output name.
        form: The form of the request.

    Raises:
        ApiError: INVALID_ARGUMENT for a type with no JSON form or, in rows, for outputs that are not one row each.
    """
    arrays = {name: _writable(name, outputs[name], types[name]) for name in sorted(outputs)}
    if form == "row":
        _check_rows(arrays)
    finite = all(array.dtype.kind != "f" or np.isfinite(array).all() for array in arrays.values())
    # Indexing with () leaves arrays as they are and makes scalars of arrays with no dimension, which orjson needs.
    values = {name: (array if finite else _shortest(array))[()] for name, array in arrays.items()}
    key, content = ("predictions", _rows(values)) if form == "row" else ("outputs", _columns(values))
    if finite:
        return orjson.dumps({key: content}, option=orjson.OPT_SERIALIZE_NUMPY, default=_to_list)
    return json.dumps({key: content}, default=_to_list, ensure_ascii=False, separators=(",", ":")).encode()


def results_body(results: list[Any]) -> bytes:
    """The JSON of a classify or regress response, its numbers as NumPy scalars of 32 bits."""
    body = orjson.dumps({"results": results}, option=orjson.OPT_SERIALIZE_NUMPY)
    if b"null" not in body:
        return body
    # A label may say so, but mostly it is how orjson writes NaN and infinities.
    return json.dumps({"results": results}, default=lambda score: float(str(score))).encode()


def _writable(name: str, value: Any, type_name: str) -> NDArray[Any]:
    if type_name not in WRITABLE:
        raise invalid(f"Failed to write JSON value for tensor type: {type_name}")
    if type_name != "string":
        return np.ascontiguousarray(value).reshape(np.shape(value))
    strings = np.array(value, dtype=object)
    flat = np.empty(strings.size, dtype=object)
    if name.endswith(_BYTES_SUFFIX):
        flat[:] = [{"b64": base64.b64encode(string).decode()} for string in strings.ravel()]
    else:
        flat[:] = [string.decode(errors="replace") for string in strings.ravel()]
    return flat.reshape(strings.shape)


def _check_rows(arrays: Mapping[str, NDArray[Any]]) -> None:
    batch = None
    for name, array in arrays.items():
        if array.ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if batch is not None and len(array) != batch:
            raise invalid(f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {batch}")
        batch = len(array)


def _rows(arrays: Mapping[str, Any]) -> Any:
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    names = tuple(arrays)
    return [dict(zip(names, row, strict=True)) for row in zip(*arrays.values(), strict=True)]


def _columns(arrays: Mapping[str, Any]) -> Any:
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _shortest(array: NDArray[Any]) -> NDArray[Any]:
    """`array`, its 32-bit decimals widened so that they print with the digits they have at 32 bits."""
    return array.astype(str).astype(np.float64) if array.dtype == np.float32 else array


def _to_list(value: Any) -> Any:
    """What the JSON writers do not know: arrays of strings, and for Python's own writer every array."""
    return value.tolist()
