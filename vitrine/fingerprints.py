"""Fingerprints of files, which change with the files' contents."""

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

CONTENT_LIMIT: Final = 4 << 30
"""Largest size in bytes of a file that is read, at about 1 GB/s; a larger file is identified by its `file_state`."""


def file_fingerprint(path: Path) -> str:
    """Return a digest of the file that `path` resolves to, or `absent` if there is none."""
    try:
        if path.stat().st_size > CONTENT_LIMIT:
            return digest(file_state(str(path)))
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError:
        return "absent"


def files_fingerprint(folder: Path, files: Iterable[Path]) -> str:
    """Return a digest of the names and contents of `files`, which lie below `folder`, in any order."""
    return digest(*(f"{file.relative_to(folder)}\0{file_fingerprint(file)}" for file in sorted(files)))


def file_state(path: str) -> str:
    """Return size and modification time of a file, following links, or `absent`. Reads no content."""
    try:
        status = os.lstat(path)
        linked = ""
        if stat.S_ISLNK(status.st_mode):
            linked = os.path.realpath(path)
            status = os.lstat(linked)
    except OSError:
        return "absent"
    return f"{linked}\0{status.st_size}\0{status.st_mtime_ns}"


def digest(*parts: str) -> str:
    """Return a short digest of `parts`, in order."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
