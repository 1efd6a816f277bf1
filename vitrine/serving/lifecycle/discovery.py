"""Discovery of models on disk: `DIR/<model>/<version>/saved_model.pb`."""

from pathlib import Path

from vitrine.files.status import file_status
from vitrine.saved_model.versions import SAVED_MODEL, directories, find_versions

Models = dict[str, dict[int, Path]]


def find_models(serving: Path) -> Models:
    """Return the models of a serving directory that have a version, as name → version → directory."""
    models = {model.name: find_versions(model) for model in directories(serving)}
    return {name: versions for name, versions in models.items() if versions}


def fingerprint(directory: Path) -> tuple[int, ...]:
    """Return inode, size and time of the `saved_model.pb` in `directory`, which change when it is written again.

    All are zero when the file does not exist.
    """
    return file_status(directory / SAVED_MODEL)
