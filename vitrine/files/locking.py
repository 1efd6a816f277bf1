"""Locks on files and folders, for one process at a time. The kernel lets go of them when their holder dies."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import lock_descriptor

PATIENCE: Final = 0.1
"""Seconds until a lock counts as held: `is_locked` takes it for a moment."""
_INTERVAL: Final = 0.01


class LockedError(Exception):
    """Another process holds the lock."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold `path`, a file or folder that exists, for as long as the block takes. No lock file is left behind.

    Raises:
        LockedError: Another process, or another block of this one, holds it, or has replaced the file meanwhile.
        OSError: It cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        deadline = time.monotonic() + PATIENCE
        while not lock_descriptor(descriptor, blocking=False):
            if time.monotonic() > deadline:
                raise LockedError(f"{path}: held by another process")
            time.sleep(_INTERVAL)
        if not _is_opened_as(descriptor, path):
            raise LockedError(f"{path}: replaced by another process")
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether a process holds `path` now; False where it does not exist."""
    try:
        with exclusive(path):
            return False
    except LockedError:
        return True
    except OSError:
        return False


def _is_opened_as(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
