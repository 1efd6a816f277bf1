"""Discovery of models and versions on disk: `DIR/<model>/<version>/saved_model.pb`."""

from pathlib import Path
from typing import Final

SAVED_MODEL: Final = "saved_model.pb"
_LARGEST: Final = 2**63 - 1

Models = dict[str, dict[int, Path]]


def find_models(serving: Path) -> Models:
    """Return the models of a serving directory that have a version, as name → version → directory."""
    models = {model.name: find_versions(model) for model in _directories(serving)}
    return {name: versions for name, versions in models.items() if versions}


def find_versions(model: Path) -> dict[int, Path]:
    """Return the complete versions of the model in the directory `model`, as version → directory.

    A version is a directory whose name is a number and that has a `saved_model.pb`. Other entries (the vectors in
    `index/`, temporary names of a push in progress) are ignored. A directory that cannot be read has no versions.
    """
    return {int(path.name): path for path in _directories(model) if _is_version(path)}


def fingerprint(directory: Path) -> tuple[int, ...]:
    """Return inode, size and time of the `saved_model.pb` in `directory`, which change when it is written again.

    All are zero when the file does not exist.
    """
    try:
        status = (directory / SAVED_MODEL).stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)


def _directories(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir())
    except OSError:  # Deleted meanwhile, or not readable: loaded versions go on serving.
        return []


def _is_version(path: Path) -> bool:
    name = path.name
    return name.isascii() and name.isdigit() and int(name) <= _LARGEST and (path / SAVED_MODEL).is_file()
