"""Vectors that an encoder has made before, found by the content that they encode."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

KEY_BYTES: Final = 16
"""Bytes of a key. Two different contents of a billion share one with a probability below 1e-20."""

Keys = NDArray[np.uint64]
"""uint64 [N, 2]; both halves are 0 where there is no content."""


def content_key(*parts: bytes) -> bytes:
    """Return the key of a content: a BLAKE2b digest of its parts, in order."""
    digest = hashlib.blake2b(digest_size=KEY_BYTES)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


def keys_of(contents: Iterable[bytes | None]) -> Keys:
    """Return the keys, uint64 [N, 2], of digests; None has none."""
    joined = b"".join(digest or bytes(KEY_BYTES) for digest in contents)
    return np.frombuffer(joined, np.uint64).reshape(-1, 2)


def key_column(keys: Keys) -> pa.Array:
    """Return keys as an Arrow column of fixed-size binaries."""
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(KEY_BYTES), len(keys), [None, pa.py_buffer(np.ascontiguousarray(keys))]
    )


def keys_of_column(column: pa.ChunkedArray) -> Keys:
    """Return the keys of a column that `key_column` made."""
    parts = [
        np.frombuffer(chunk.buffers()[1], np.uint64, len(chunk) * 2, chunk.offset * KEY_BYTES).reshape(-1, 2)
        for chunk in column.chunks
    ]
    return np.concatenate([np.empty((0, 2), np.uint64), *parts])


@dataclass(frozen=True)
class KnownVectors:
    """Vectors, float32 [N, D], the keys of their contents, and the origin of each: the folder it was first written to.

    The vectors may be memory-mapped.
    """

    keys: Keys
    vectors: NDArray[np.float32]
    origin: pa.ChunkedArray

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        """The rows in the order of the first half of their keys."""
        return np.argsort(self.keys[:, 0], kind="stable")

    @cached_property
    def _sorted(self) -> NDArray[np.uint64]:
        return self.keys[:, 0][self._order]

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """Return the row of each key, int64 [P]; -1 where it is not known."""
        if not len(self.keys):
            return np.full(len(keys), -1, np.int64)
        places = np.minimum(np.searchsorted(self._sorted, keys[:, 0]), len(self.keys) - 1)
        rows = self._order[places]
        matches = (self.keys[rows] == keys).all(axis=1) & keys.any(axis=1)
        return np.where(matches, rows, -1)


def fill_known(
    known: Sequence[KnownVectors], keys: Keys, vectors: NDArray[np.float32], origins: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Write the known vectors and their origins into `vectors` [N, D] and `origins` [N]; return which were known."""
    found = np.zeros(len(keys), bool)
    for source in known:
        rows = np.where(found, -1, source.find(keys))
        hits = np.flatnonzero(rows >= 0)
        if len(hits):
            vectors[hits] = source.vectors[rows[hits]]
            origins[hits] = source.origin.take(pa.array(rows[hits])).to_pylist()
            found[hits] = True
    return found
