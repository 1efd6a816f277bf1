"""The state of a file that tells whether it was written again."""

from pathlib import Path
from typing import Final

FileStatus = tuple[int, int, int]
"""Inode, size in bytes, and time of the last change in nanoseconds."""
ABSENT: Final[FileStatus] = (0, 0, 0)


def file_status(path: Path) -> FileStatus:
    """Return the state of a file, `ABSENT` if it cannot be looked at. Its content is not read."""
    try:
        status = path.stat()
    except OSError:
        return ABSENT
    return (status.st_ino, status.st_size, status.st_mtime_ns)
