"""A quick look at the bytes of strings, which spares most texts slower checks."""

import numpy as np
import pyarrow as pa


def is_printable_ascii(column: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether all strings [N] have printable ASCII characters only: no controls, and nothing beyond ASCII."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return all(map(_is_printable, chunks))


def _is_printable(chunk: pa.Array) -> bool:
    _, offsets, data = chunk.buffers()
    if not len(chunk) or data is None:
        return True
    width = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
    bounds = np.frombuffer(offsets, width)
    text = np.frombuffer(data, np.uint8)[bounds[chunk.offset] : bounds[chunk.offset + len(chunk)]]
    return not text.size or bool(text.min() >= 0x20 and text.max() < 0x7F)
