"""Which run pushed a version."""

from pathlib import Path, PurePosixPath

from pipelines.local import Places, find_places
from pipelines.metadata_store import open_store, properties
from vitrine.errors import DataError


def find_push(folder: Path, model: str, version: str) -> tuple[Places, int]:
    """Where `version` of `model` was pushed, and the id of its PushedModel: in one of the runs in `folder`.

    Raises:
        DataError: In none, naming what was pushed, or in several.
    """
    known = {places: _pushes(places.metadata) for places in find_places(folder)}
    found = [(places, pushes[model][version]) for places, pushes in known.items() if version in pushes.get(model, {})]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(str(places.output) for places, _ in found)
        raise DataError(f"{folder}: several runs pushed version {version} of {model}: {listed}; choose with --output")
    listed = "; ".join(
        f"{places.output}: {name} {', '.join(pushed)}"
        for places, pushes in known.items()
        for name, pushed in pushes.items()
        if name == model or model not in pushes
    )
    raise DataError(f"{folder}: no version {version} of {model} was pushed; pushed were {listed or 'none'}")


def _pushes(metadata: Path) -> dict[str, dict[str, int]]:
    """The ids of PushedModels by model and version: the newest, where a version was deleted and pushed again."""
    found: dict[str, dict[str, int]] = {}
    for artifact in sorted(open_store(metadata).get_artifacts_by_type("PushedModel"), key=lambda one: one.id):
        of = properties(artifact)
        if of.get("pushed") == 1:
            model = PurePosixPath(of["pushed_destination"]).parent.name
            found.setdefault(model, {})[str(of["pushed_version"])] = artifact.id
    return found
