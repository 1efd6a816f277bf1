"""Conversion between plain Arrow columns and the list columns of tf.Example coders, and columns of vectors."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def as_features(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Convert every cell to a list of one value, and every null to a missing list, without a loop over rows.

    Strings become `large_list<large_binary>`; numbers keep their type. The result is an input of
    `RecordBatchToExamplesEncoder`.
    """
    return pa.RecordBatch.from_arrays([_listed(column) for column in batch.columns], names=batch.schema.names)


def _listed(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.cast(pa.large_binary())
    valid = np.asarray(column.is_valid())
    offsets = np.concatenate([[0], np.cumsum(valid)]).astype(np.int64)
    missing = pa.array(~valid) if column.null_count else None
    return pa.LargeListArray.from_arrays(pa.array(offsets), column.drop_null(), mask=missing)


def strings(batch: pa.RecordBatch, name: str) -> pa.StringArray:
    """Return the feature `name` of a decoded batch as strings, one per row: the first value, or "" without one.

    A feature that no row has is not in the batch, and is returned as all "".
    """
    if name not in batch.schema.names or pa.types.is_null(batch.column(name).type):
        return pa.array([""] * batch.num_rows, pa.string())
    return pc.fill_null(_first(batch.column(name)).cast(pa.string()), "")


def floats(batch: pa.RecordBatch, name: str) -> pa.FloatArray:
    """Return the feature `name` as float32, one per row, null without a value."""
    if name not in batch.schema.names or pa.types.is_null(batch.column(name).type):
        return pa.nulls(batch.num_rows, pa.float32())
    return _first(batch.column(name)).cast(pa.float32())


def _first(lists: pa.ListArray) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    starts = lists.offsets.slice(0, len(lists))
    # `values` rather than `flatten()`, which leaves out the values under a null, so that offsets no longer fit.
    return lists.values.take(pc.if_else(pc.greater(lengths, 0), starts, pa.scalar(None, starts.type)))


def objects(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """Return a column of strings as Python's, object [N]; equal ones are one object."""
    parts = column.dictionary_encode().chunks
    if not parts:
        return np.empty(0, object)
    distinct = np.asarray(parts[-1].dictionary.to_pylist(), object)
    return np.concatenate([distinct[part.indices.to_numpy()] for part in parts])


def packed(vectors: NDArray[np.float32]) -> pa.LargeBinaryArray:
    """Pack vectors, float32 [N, D], into N little-endian byte strings of 4·D bytes, with at most one copy."""
    data = np.ascontiguousarray(vectors, dtype="<f4")
    offsets = np.arange(len(data) + 1, dtype=np.int64) * data.shape[1] * data.itemsize
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(data), [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def vector_column(vectors: NDArray[np.float32]) -> pa.FixedSizeListArray:
    """View vectors, float32 [N, D], as an Arrow column of fixed-size lists, without a copy."""
    data = np.ascontiguousarray(vectors, dtype=np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(data.reshape(-1)), data.shape[1])


def as_matrix(column: pa.ChunkedArray) -> NDArray[np.float32]:
    """Read a column of fixed-size lists as float32 [N, D], without a copy where it is one chunk."""
    lists = (
        column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    )  # combine_chunks copies a single chunk, too
    size: int = lists.type.list_size
    matrix: NDArray[np.float32] = lists.flatten().to_numpy(zero_copy_only=False).reshape(-1, size)
    return matrix
