"""Discovery of models on disk: `DIR/<model>/<version>/saved_model.pb`."""

from pathlib import Path

from vitrine.saved_model.versions import SAVED_MODEL, directories, find_versions

Models = dict[str, dict[int, Path]]


def find_models(serving: Path) -> Models:
    """Return the models of a serving directory that have a version, as name → version → directory."""
    found = {model.name: find_versions(model) for model in directories(serving)}
    return {name: versions for name, versions in found.items() if versions}


def fingerprint(directory: Path) -> tuple[int, ...]:
    """What changes when the SavedModel in `directory` is written again: inode, size and time of its `saved_model.pb`.

    All zeros when there is none.
    """
    try:
        status = (directory / SAVED_MODEL).stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)
