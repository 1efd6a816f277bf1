"""The pushed models of runs: their nodes, destinations and runs."""

from pathlib import Path, PurePosixPath

from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.metadata.records import NodeRecord
from pipelines.metadata.values import open_store, properties
from pipelines.run_directory import RunDirectory
from pipelines.run_discovery import find_runs_with_metadata
from vitrine.errors import DataError


def pusher_id(name: str) -> str:
    """Return the id of the node that pushes the model `name`; Kubernetes allows letters, digits and hyphens only."""
    return f"Pusher-{name.replace('_', '-')}"


def pushed_models(nodes: dict[str, NodeRecord]) -> dict[str, str]:
    """Return the destination of each pushed model, by its served name."""
    destinations = {}
    for node in nodes.values():
        model = node.output("pushed_model")
        if model and model.properties.get("pushed") == 1:
            destination = str(model.properties["pushed_destination"])
            destinations[Path(destination).parent.name] = destination
    return destinations


def mark_missing_pushes_deleted(metadata: Path) -> None:
    """Mark deleted versions as such in the metadata store, so that the cache does not count them as pushed."""
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
    """Return the run in `folder` that pushed `version` of `model`, and the id of the PushedModel.

    Raises:
        DataError: No run pushed it, with the known versions, or several did.
    """
    pushes_by_run = {directory: _pushes(directory.metadata) for directory in find_runs_with_metadata(folder)}
    matches = [
        (directory, pushes[model][version])
        for directory, pushes in pushes_by_run.items()
        if version in pushes.get(model, {})
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        listed = ", ".join(str(directory.output) for directory, _ in matches)
        raise DataError(f"{folder}: several runs pushed version {version} of {model}: {listed}; choose with --output")
    listed = "; ".join(
        f"{directory.output}: {name} {', '.join(versions)}"
        for directory, pushes in pushes_by_run.items()
        for name, versions in pushes.items()
        if name == model or model not in pushes
    )
    raise DataError(f"{folder}: no version {version} of {model} was pushed; pushed were {listed or 'none'}")


def _pushes(metadata: Path) -> dict[str, dict[str, int]]:
    """Return the ids of PushedModels by model and version: the newest, if a version was deleted and pushed again."""
    pushes: dict[str, dict[str, int]] = {}
    for artifact in sorted(open_store(metadata).get_artifacts_by_type("PushedModel"), key=lambda artifact: artifact.id):
        values = properties(artifact)
        if values.get("pushed") == 1:
            model = PurePosixPath(str(values["pushed_destination"])).parent.name
            pushes.setdefault(model, {})[str(values["pushed_version"])] = artifact.id
    return pushes
