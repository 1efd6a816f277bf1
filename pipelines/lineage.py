"""What ML Metadata remembers of a run: nodes with their state and duration, and the artifacts they made."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.local import Places
from vitrine.errors import DataError

_STATES = {
    proto.Execution.COMPLETE: "done",
    proto.Execution.CACHED: "cached",
    proto.Execution.FAILED: "failed",
    proto.Execution.RUNNING: "interrupted",
}


@dataclass(frozen=True)
class ArtifactRecord:
    """An artifact: where it lies and what is known of it."""

    id: int
    type: str
    uri: str
    properties: dict[str, Any]

    @property
    def path(self) -> Path:
        """Where it lies, for what is on this machine."""
        return Path(self.uri)


@dataclass(frozen=True)
class NodeRecord:
    """One node's execution. `seconds` is what the node took when it ran, also where its outputs came from the cache."""

    name: str
    state: str
    seconds: float
    outputs: dict[str, list[ArtifactRecord]] = field(default_factory=dict)

    def output(self, key: str) -> ArtifactRecord | None:
        """Return the single artifact under `key`, or None where the node did not get that far."""
        artifacts = self.outputs.get(key, [])
        return artifacts[0] if artifacts else None


def latest_run(metadata: Path) -> dict[str, NodeRecord]:
    """Return the nodes of the newest run in a sqlite metadata store, by name, in the order they started."""
    store = _open(metadata)
    runs = store.get_contexts_by_type("pipeline_run")
    if not runs:
        return {}
    newest = max(runs, key=lambda context: context.id)
    executions = sorted(store.get_executions_by_context(newest.id), key=lambda execution: execution.id)
    nodes = [_node(store, execution) for execution in executions]
    return {node.name: node for node in nodes}


def find_output(places: Places, node: str, key: str) -> ArtifactRecord:
    """Return the single artifact that `node` made under `key` in the latest run, wherever the run's folder was moved.

    Raises:
        DataError: no run came that far.
    """
    follow_move(places.metadata, places.artifacts)
    nodes = latest_run(places.metadata) if places.metadata.exists() else {}
    artifact = nodes[node].output(key) if node in nodes else None
    if artifact is None:
        raise DataError(f"{places.output}: no run came as far as {node}; `vitrine run` must finish first")
    return artifact


def follow_move(metadata: Path, root: Path) -> int:
    """Rewrite the URIs of artifacts that lay below another root and lie below `root` now; returns how many.

    TFX records absolute paths, so a run's directory that was moved, copied or pulled would lead back to the old place.
    """
    if not metadata.exists():
        return 0
    store = _open(metadata)
    root, mark = root.resolve(), f"/{root.name}/"
    moved = []
    for artifact in store.get_artifacts():
        below = artifact.uri.rpartition(mark)[2]
        here = root / below
        if mark in artifact.uri and str(here) != artifact.uri and here.exists():
            artifact.uri = str(here)
            moved.append(artifact)
    if moved:
        store.put_artifacts(moved)
    return len(moved)


def forget_missing_pushes(metadata: Path) -> None:
    """Mark pushed versions that are no longer there as deleted, so that the cache does not take them for pushed."""
    if not metadata.exists():
        return
    store = _open(metadata)
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


def _open(metadata: Path) -> mlmd.MetadataStore:
    sqlite = proto.SqliteMetadataSourceConfig(filename_uri=str(metadata))
    return mlmd.MetadataStore(proto.ConnectionConfig(sqlite=sqlite))


def _node(store: mlmd.MetadataStore, execution: proto.Execution) -> NodeRecord:
    contexts = store.get_contexts_by_execution(execution.id)
    name = next(context.name.split(".", 1)[1] for context in contexts if context.type == "node")
    state = _STATES.get(execution.last_known_state, "interrupted")
    events = store.get_events_by_execution_ids([execution.id])
    made = {event.artifact_id: event.path.steps[0].key for event in events if event.type == proto.Event.OUTPUT}
    outputs: dict[str, list[ArtifactRecord]] = {}
    for artifact in store.get_artifacts_by_id(list(made)):
        outputs.setdefault(made[artifact.id], []).append(_artifact(artifact))
    ran = _original(store, execution, list(made)) if state == "cached" else execution
    milliseconds = ran.last_update_time_since_epoch - ran.create_time_since_epoch
    return NodeRecord(name, state, milliseconds / 1000, outputs)


def _original(store: mlmd.MetadataStore, execution: proto.Execution, artifacts: list[int]) -> proto.Execution:
    """Return the execution that made the outputs which `execution` took from the cache."""
    events = store.get_events_by_artifact_ids(artifacts)
    makers = {event.execution_id for event in events if event.type == proto.Event.OUTPUT}
    found = [one for one in store.get_executions_by_id(makers) if one.last_known_state == proto.Execution.COMPLETE]
    return min(found, key=lambda one: one.id, default=execution)


def _artifact(artifact: proto.Artifact) -> ArtifactRecord:
    properties = {
        name: getattr(value, value.WhichOneof("value"))
        for group in (artifact.properties, artifact.custom_properties)
        for name, value in group.items()
        if value.WhichOneof("value")
    }
    return ArtifactRecord(artifact.id, artifact.type, artifact.uri, properties)
