"""Memory-mapped files whose pages go back to the kernel once they have been read.

A page of a mapped file stays resident, and counts as memory of the process, until the kernel needs the room. Whoever
reads a whole file calls `release_pages` after each block, so that a block is all that is resident. The kernel's cache
still has the contents: reading them again costs a page fault, not a read of the disk.
"""

import mmap
from pathlib import Path
from threading import Lock
from typing import Final
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

_MAPPINGS: Final[WeakSet[mmap.mmap]] = WeakSet()
_LOCK: Final = Lock()
_DISCARD: Final[int | None] = getattr(mmap, "MADV_DONTNEED", None)
"""The advice with which a page goes back; None where the system has none."""


def map_file(path: Path) -> mmap.mmap:
    """Map a file for reading.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is empty.
    """
    with path.open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    _remember(mapping)
    return mapping


def map_array(path: Path) -> NDArray[np.float32]:
    """Map a file of float32 that `numpy.save` wrote, for reading.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file holds no array, or one of another type.
    """
    array: np.memmap[tuple[int, ...], np.dtype[np.float32]] = np.load(path, mmap_mode="r")
    if array.dtype != np.float32:
        raise ValueError(f"{array.dtype} instead of float32")
    if isinstance(array.base, mmap.mmap):
        _remember(array.base)
    return array


def release_pages() -> None:
    """Give back the pages of all files that are mapped by this module; their contents stay as they are."""
    if _DISCARD is None:
        return
    with _LOCK:
        mappings = tuple(_MAPPINGS)
    for mapping in mappings:
        mapping.madvise(_DISCARD)


def _remember(mapping: mmap.mmap) -> None:
    with _LOCK:
        _MAPPINGS.add(mapping)


class ReadCounter:
    """Counter of rows that are read at random, a few at a time: it gives pages back once in many rows.

    A read of one row makes the pages around it resident, too, 64 KiB on Linux.
    """

    LIMIT: Final = 4096
    """Rows between two releases: at most 256 MiB of one file are resident."""

    def __init__(self) -> None:
        self._rows = 0

    def add(self, rows: int) -> None:
        """Count rows that were read and copied."""
        self._rows += rows
        if self._rows >= self.LIMIT:
            self._rows = 0
            release_pages()
