"""The versions in a directory of a model, or of what is pushed beside it: subdirectories with a number for a name."""

from pathlib import Path
from typing import Final

SAVED_MODEL: Final = "saved_model.pb"
_LARGEST: Final = 2**63 - 1


def find_versions(model: Path) -> dict[int, Path]:
    """The complete versions of the model in `model`: version → its directory, ascending. Empty when unreadable.

    A version is a directory whose name is a number and that has a `saved_model.pb`. Whatever else lies there (the
    vectors in `index/`, temporary names a pusher has yet to rename) is no version.
    """
    return {version: path for version, path in numbered_directories(model).items() if (path / SAVED_MODEL).is_file()}


def numbered_directories(parent: Path) -> dict[int, Path]:
    """The subdirectories whose names are version numbers: version → its directory, ascending. Empty when unreadable."""
    found = {int(path.name): path for path in directories(parent) if _is_number(path.name)}
    return dict(sorted(found.items()))


def directories(parent: Path) -> list[Path]:
    """The subdirectories, by name. Empty when `parent` is unreadable, or gone between two looks."""
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:
        return []


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and int(name) <= _LARGEST
