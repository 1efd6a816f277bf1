"""Matrices that are read by rows, a block at a time.

No step makes a second copy of a whole catalogue, and no more than a block of memory-mapped files is resident.
"""

from collections.abc import Iterator
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from vitrine.files.mapped_pages import release_pages

Vectors = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

BLOCK: Final = 32_768
"""Rows of a block: 64 MiB of 512 floats."""


class RowSource(Protocol):
    """Rows of a matrix [N, D]: an array, perhaps memory-mapped, or rows that are computed when they are read."""

    def __len__(self) -> int:
        """Return N."""

    def __getitem__(self, rows: slice | Rows) -> Vectors:
        """Return the rows of a slice or of an int array [n], float32 [n, D]."""


class Selection:
    """Some rows of a matrix, in the order of their numbers, without a copy of them."""

    def __init__(self, matrix: Vectors, rows: Rows) -> None:
        self._matrix, self._rows = matrix, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: slice | Rows) -> Vectors:
        picked: Vectors = self._matrix[self._rows[rows]]
        return picked


def row_blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Yield consecutive slices of at most `size` rows that cover `count` rows; give pages back after each."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
        release_pages()


def take_rows(matrix: RowSource, rows: Rows) -> Vectors:
    """Return the given rows of a matrix, int64 [n], float32 [n, D], read block by block."""
    taken = np.empty((len(rows), matrix[:1].shape[1]), np.float32)
    for block in row_blocks(len(rows)):
        taken[block] = matrix[rows[block]]
    return taken


def sampled_rows(count: int, size: int, seed: int) -> Rows:
    """Return `size` distinct random rows of `count`, or all of them, in ascending order."""
    if count <= size:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, size, replace=False))
