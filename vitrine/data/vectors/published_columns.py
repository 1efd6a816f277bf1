"""Columns of published vectors: lists of numbers, or strings such as "[0.1, -0.2]"."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vitrine.data.formats import parquet_reading
from vitrine.data.formats.records import Fault
from vitrine.errors import DataError

BRACKETED: Final = r"^\s*\[[^\[\]]*\]\s*$"


class BadVectorError(ValueError):
    """A cell that is not a vector, by its position in the batch; the message says why."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


def unit_vectors(
    path: Path, batch: pa.RecordBatch, rows: pa.Array, name: str, dimension: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Read a column of a batch as unit vectors, float32 [N, dimension], and which rows have one, bool [N].

    A null, an empty cell and a vector of zeros count as no vector; their rows are zeros.

    Raises:
        DataError: a cell is anything else; named by file, row (`rows` int64 [N]) and column.
    """
    column = batch.column(batch.schema.names.index(name))
    try:
        lists = column if _is_list(column.type) else _parsed(parquet_reading.strings(path, batch, name))
        return _normalised(_matrix(lists, dimension))
    except BadVectorError as bad:
        value = str(column[bad.position].as_py())
        raise DataError(str(Fault(path, rows[bad.position].as_py(), name, value, str(bad)))) from bad


def _is_list(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(lists and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)))


def _parsed(texts: pa.Array) -> pa.Array:
    """Parse strings to lists of numbers separated by commas, white space or both; "" to an empty list."""
    malformed = pc.and_not(pc.not_equal(texts, ""), pc.match_substring_regex(texts, BRACKETED))
    _refuse(malformed, "is not a list of numbers in brackets")
    inner = pc.ascii_trim(pc.replace_substring(pc.ascii_trim_whitespace(texts), ",", " "), "[] \t\r\n")
    # Splitting "" would give one empty word, which is not a number; a null gives no words.
    words = pc.ascii_split_whitespace(pc.if_else(pc.equal(inner, ""), pa.scalar(None, pa.string()), inner))
    try:
        numbers = words.flatten().cast(pa.float32())
    except pa.ArrowInvalid:
        _refuse([_has_malformed_number(row) for row in words], "holds something that is not a number")
        raise
    return pa.ListArray.from_arrays(words.offsets, numbers)


def _has_malformed_number(words: pa.ListScalar) -> bool:
    try:
        pa.array(words.as_py() or [], pa.string()).cast(pa.float32())
    except pa.ArrowInvalid:
        return True
    return False


def _matrix(lists: pa.Array, dimension: int) -> NDArray[np.float32]:
    """Convert lists of `dimension` numbers to float32 [N, dimension]; an empty list to zeros."""
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
    wrong = (lengths != 0) & (lengths != dimension)
    if wrong.any():
        position = int(wrong.argmax())
        raise BadVectorError(position, f"has {lengths[position]} numbers; expected {dimension}")
    matrix = np.zeros((len(lists), dimension), np.float32)
    numbers = lists.flatten().cast(pa.float32(), safe=False).to_numpy(zero_copy_only=False)  # nulls become NaN
    matrix[lengths > 0] = numbers.reshape(-1, dimension)
    _refuse(~np.isfinite(matrix).all(axis=1), "holds a number that is not finite")
    return matrix


def _normalised(matrix: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    lengths = np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)  # squares overflow float32
    return (matrix / np.where(lengths > 0, lengths, 1)).astype(np.float32), lengths[:, 0] > 0


def _refuse(mask: "pa.Array | NDArray[np.bool_] | list[bool]", reason: str) -> None:
    bad = np.asarray(mask)
    if bad.any():
        raise BadVectorError(int(bad.argmax()), reason)
