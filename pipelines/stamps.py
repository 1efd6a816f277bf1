"""Stamps that change when something TFX's cache does not look at changes: our own code, and the pictures.

TFX reuses a node's outputs when its inputs and properties are the same. A stamp is one of those properties.
"""

import hashlib
import importlib.util
import os
from pathlib import Path


def code_stamp(*names: str) -> str:
    """Return a digest of the source files of packages and modules, found without importing them.

    Raises ModuleNotFoundError for a name that is neither.
    """
    digest = hashlib.sha256()
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(name)
        origin = Path(spec.origin)
        files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def folder_stamp(folder: Path) -> str:
    """Return a digest of the names, sizes and times of all files below `folder`, which need not exist."""
    digest = hashlib.sha256()
    for directory, subdirectories, names in os.walk(folder):
        subdirectories.sort()
        for name in sorted(names):
            path = Path(directory, name)
            status = path.stat() if path.exists() else path.lstat()  # a link may point to what is not there yet
            digest.update(f"{path.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
