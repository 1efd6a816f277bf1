"""Exclusive locks on files and folders, which the kernel releases when their holder dies."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import lock_descriptor

WAIT_SECONDS: Final = 0.1
"""Wait before a lock counts as held, because `is_locked` holds it for a moment."""
_POLL_SECONDS: Final = 0.01


class LockedError(Exception):
    """A lock that another process holds."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock on `path`, an existing file or folder, during the block. No lock file is left behind.

    Raises:
        LockedError: Another process, or another block of this one, holds the lock, or has replaced the file meanwhile.
        OSError: The file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while not lock_descriptor(descriptor, blocking=False):
            if time.monotonic() > deadline:
                raise LockedError(f"{path}: held by another process")
            time.sleep(_POLL_SECONDS)
        if not _is_opened_as(descriptor, path):
            raise LockedError(f"{path}: replaced by another process")
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock on `path` now; False if it does not exist."""
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
