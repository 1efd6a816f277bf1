"""Versions on disk: the subdirectories of a model, or of its index, that have a number as their name."""

from pathlib import Path
from typing import Final

SAVED_MODEL: Final = "saved_model.pb"
_LARGEST: Final = 2**63 - 1


def find_versions(model: Path) -> dict[int, Path]:
    """Return the complete versions of the model in the directory `model`, as version → directory, ascending.

    A version is a directory whose name is a number and that has a `saved_model.pb`. Other entries (the vectors in
    `index/`, temporary names of a push in progress) are ignored. A directory that cannot be read has no versions.
    """
    return {version: path for version, path in numbered_directories(model).items() if (path / SAVED_MODEL).is_file()}


def numbered_directories(parent: Path) -> dict[int, Path]:
    """Return the subdirectories that are named by a version number, as version → directory, ascending."""
    found = {int(path.name): path for path in directories(parent) if _is_number(path.name)}
    return dict(sorted(found.items()))


def directories(parent: Path) -> list[Path]:
    """Return the subdirectories, sorted by name; none if `parent` cannot be read, or was deleted meanwhile."""
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:
        return []


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and int(name) <= _LARGEST
