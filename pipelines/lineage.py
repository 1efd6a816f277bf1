"""What ML Metadata remembers of a run: nodes with their state and duration, and the artifacts they made."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.local import Places
from pipelines.metadata_store import moved_to, node_name, open_store, original, properties, seconds, state
from vitrine.errors import DataError


def pusher_id(name: str) -> str:
    """The node that pushes the model `name`; Kubernetes takes letters, digits and hyphens only."""
    return f"Pusher-{name.replace('_', '-')}"


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


@dataclass(frozen=True)
class RunRecord:
    """One run of a pipeline. `started` and `ended`, when its last node did, are seconds since the epoch."""

    pipeline: str
    started: float
    ended: float
    nodes: dict[str, NodeRecord]


def latest_run(metadata: Path) -> dict[str, NodeRecord]:
    """Return the nodes of the newest run in a sqlite metadata store, by name, in the order they started."""
    store = open_store(metadata)
    newest = max(store.get_contexts_by_type("pipeline_run"), key=lambda context: context.id, default=None)
    return _run(store, newest).nodes if newest else {}


def all_runs(metadata: Path) -> list[RunRecord]:
    """Return every run in a sqlite metadata store, newest first."""
    store = open_store(metadata)
    runs = sorted(store.get_contexts_by_type("pipeline_run"), key=lambda context: context.id, reverse=True)
    return [_run(store, run) for run in runs]


def pushed(nodes: dict[str, NodeRecord]) -> dict[str, str]:
    """Return where each model was pushed, by the name it is served under."""
    found = {}
    for node in nodes.values():
        model = node.output("pushed_model")
        if model and model.properties.get("pushed") == 1:
            destination = str(model.properties["pushed_destination"])
            found[Path(destination).parent.name] = destination
    return found


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
    store = open_store(metadata, writable=True)
    root = root.resolve()
    moved = []
    for artifact in store.get_artifacts():
        here = moved_to(artifact.uri, root)
        if here != artifact.uri:
            artifact.uri = here
            moved.append(artifact)
    if moved:
        store.put_artifacts(moved)
    return len(moved)


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


def _run(store: mlmd.MetadataStore, run: proto.Context) -> RunRecord:
    executions = sorted(store.get_executions_by_context(run.id), key=lambda execution: execution.id)
    nodes = [_node(store, execution) for execution in executions]
    started = run.create_time_since_epoch
    ended = max([started, *(execution.last_update_time_since_epoch for execution in executions)])
    contexts = store.get_contexts_by_execution(executions[0].id) if executions else []
    pipeline = next((context.name for context in contexts if context.type == "pipeline"), "")
    return RunRecord(pipeline, started / 1000, ended / 1000, {node.name: node for node in nodes})


def _node(store: mlmd.MetadataStore, execution: proto.Execution) -> NodeRecord:
    events = store.get_events_by_execution_ids([execution.id])
    made = {event.artifact_id: event.path.steps[0].key for event in events if event.type == proto.Event.OUTPUT}
    outputs: dict[str, list[ArtifactRecord]] = {}
    for artifact in store.get_artifacts_by_id(list(made)):
        record = ArtifactRecord(artifact.id, artifact.type, artifact.uri, properties(artifact))
        outputs.setdefault(made[artifact.id], []).append(record)
    ran = execution
    if state(execution) == "cached":
        events = store.get_events_by_artifact_ids(list(made))
        makers = {event.execution_id for event in events if event.type == proto.Event.OUTPUT}
        ran = original(store.get_executions_by_id(makers)) or execution
    return NodeRecord(node_name(store, execution), state(execution), seconds(ran), outputs)
