"""Response bodies: predictions in the request's format, rows (`predictions`) or columns (`outputs`), and results."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import orjson

from vitrine.saved_model.arrays import Array
from vitrine.saved_model.status import invalid
from vitrine.serving.api.predict_requests import Form
from vitrine.serving.classify_regress import Result

WRITABLE: Final = frozenset(
    {"float", "double", "int8", "uint8", "int16", "int32", "int64", "uint32", "uint64", "bool", "string"}
)
"""TensorFlow types with a JSON form."""

_BYTES_SUFFIX: Final = "_bytes"


def predict_body(outputs: Mapping[str, Array], types: Mapping[str, str], form: Form) -> bytes:
    """Format a predict response. A single output loses its name; strings of outputs named `…_bytes` are base64.

    Decimals are written with the fewest digits that round-trip, NaN and infinities as `NaN`, `Infinity` and
    `-Infinity`. Bytes of a string that are not UTF-8 are replaced.

    Args:
        outputs: An array or scalar by output name.
        types: TensorFlow's type name by output name.
        form: The format of the request.

    Raises:
        ApiError: INVALID_ARGUMENT for a type without a JSON form or, in rows, for outputs of different batch sizes.
    """
    arrays = {name: _writable(name, outputs[name], types[name]) for name in sorted(outputs)}
    if form == "row":
        _check_rows(arrays)
    finite = all(array.dtype.kind != "f" or np.isfinite(array).all() for array in arrays.values())
    # Indexing with () turns arrays without dimensions into scalars, which orjson needs, and keeps other arrays.
    values = {name: (array if finite else _shortest(array))[()] for name, array in arrays.items()}
    key, content = ("predictions", _rows(values)) if form == "row" else ("outputs", _columns(values))
    if finite:
        return orjson.dumps({key: content}, option=orjson.OPT_SERIALIZE_NUMPY, default=_to_list)
    return json.dumps({key: content}, default=_to_list, ensure_ascii=False, separators=(",", ":")).encode()


def results_body(results: Sequence[Result]) -> bytes:
    """Format a classify or regress response, whose numbers are NumPy scalars of 32 bits."""
    body = orjson.dumps({"results": results}, option=orjson.OPT_SERIALIZE_NUMPY)
    if b"null" not in body:
        return body
    # It may be part of a label, but usually it is a NaN or an infinity, which orjson writes as null.
    return json.dumps({"results": results}, default=lambda score: float(str(score))).encode()


def _writable(name: str, value: Array, type_name: str) -> Array:
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


def _check_rows(arrays: Mapping[str, Array]) -> None:
    batch = None
    for name, array in arrays.items():
        if array.ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if batch is not None and len(array) != batch:
            raise invalid(f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {batch}")
        batch = len(array)


def _rows(arrays: Mapping[str, Array]) -> object:
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    names = tuple(arrays)
    return [dict(zip(names, row, strict=True)) for row in zip(*arrays.values(), strict=True)]


def _columns(arrays: Mapping[str, Array]) -> object:
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _shortest(array: Array) -> Array:
    """Widen 32-bit decimals to 64 bits so that they print with their 32-bit digits."""
    return array.astype(str).astype(np.float64) if array.dtype == np.float32 else array


def _to_list(value: Array) -> object:
    """Convert arrays that a JSON encoder does not know: of strings for orjson, all of them for Python's json."""
    return value.tolist()
