"""What runs pushed: which node does, where to, and which run it was."""

from pathlib import Path, PurePosixPath

from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.metadata.records import NodeRecord
from pipelines.metadata.values import open_store, properties
from pipelines.run_directory import RunDirectory
from pipelines.run_discovery import find_recorded
from vitrine.errors import DataError


def pusher_id(name: str) -> str:
    """The node that pushes the model `name`; Kubernetes takes letters, digits and hyphens only."""
    return f"Pusher-{name.replace('_', '-')}"


def pushed(nodes: dict[str, NodeRecord]) -> dict[str, str]:
    """Return where each model was pushed, by the name it is served under."""
    found = {}
    for node in nodes.values():
        model = node.output("pushed_model")
        if model and model.properties.get("pushed") == 1:
            destination = str(model.properties["pushed_destination"])
            found[Path(destination).parent.name] = destination
    return found


def forget_missing_pushes(metadata: Path) -> None:
    """Mark pushed versions that are no longer there as deleted, so that the cache does not take them for pushed."""
    if not metadata.exists():
        return
    store = open_store(metadata, writable=True)
    gone = [
        artifact
        for artifact in store.get_artifacts_by_type("PushedModel")
        if artifact.state == proto.Artifact.LIVE
        and (destination := artifact.custom_properties["pushed_destination"].string_value)
        and "://" not in destination
        and not Path(destination).exists()
    ]
    for artifact in gone:
        artifact.state = proto.Artifact.DELETED
    if gone:
        store.put_artifacts(gone)


def find_push(folder: Path, model: str, version: str) -> tuple[RunDirectory, int]:
    """Where `version` of `model` was pushed, and the id of its PushedModel: in one of the runs in `folder`.

    Raises:
        DataError: In none, naming what was pushed, or in several.
    """
    known = {directory: _pushes(directory.metadata) for directory in find_recorded(folder)}
    found = [
        (directory, pushes[model][version]) for directory, pushes in known.items() if version in pushes.get(model, {})
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(str(directory.output) for directory, _ in found)
        raise DataError(f"{folder}: several runs pushed version {version} of {model}: {listed}; choose with --output")
    listed = "; ".join(
        f"{directory.output}: {name} {', '.join(pushed)}"
        for directory, pushes in known.items()
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
