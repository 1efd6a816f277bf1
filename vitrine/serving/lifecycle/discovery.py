"""Which models and versions there are: `DIR/<model>/<version>/saved_model.pb`."""

from pathlib import Path
from typing import Final

SAVED_MODEL: Final = "saved_model.pb"
_LARGEST: Final = 2**63 - 1

Models = dict[str, dict[int, Path]]


def find_models(serving: Path) -> Models:
    """The models in a serving directory, each with at least one version: name → version → its directory."""
    found = {model.name: find_versions(model) for model in _directories(serving)}
    return {name: versions for name, versions in found.items() if versions}


def find_versions(model: Path) -> dict[int, Path]:
    """The complete versions of the model in `model`: version → its directory. Empty when it cannot be read.

    A version is a directory whose name is a number and that has a `saved_model.pb`. Whatever else lies there (the
    vectors in `index/`, temporary names a pusher has yet to rename) is no version.
    """
    return {int(path.name): path for path in _directories(model) if _is_version(path)}


def fingerprint(directory: Path) -> tuple[int, ...]:
    """What changes when the SavedModel in `directory` is written again: inode, size and time of its `saved_model.pb`.

    All zeros when there is none.
    """
    try:
        status = (directory / SAVED_MODEL).stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _directories(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:  # Gone between two looks, or not readable: what was loaded goes on serving.
        return []


def _is_version(path: Path) -> bool:
    name = path.name
    return name.isascii() and name.isdigit() and int(name) <= _LARGEST and (path / SAVED_MODEL).is_file()
