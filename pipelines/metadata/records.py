"""The records of a run in ML Metadata: nodes with their state, duration and output artifacts."""

from dataclasses import dataclass, field
from pathlib import Path

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.kinds import Kind, kind_of
from pipelines.metadata.relocation import update_moved_uris
from pipelines.metadata.values import Artifact, node_name, open_store, read_artifacts, seconds, state
from pipelines.run_directory import RunDirectory
from vitrine.errors import DataError


@dataclass(frozen=True)
class NodeRecord:
    """One node's execution. `seconds` is the duration of the execution that made the outputs, also for a cached one."""

    name: str
    state: str
    seconds: float
    outputs: dict[str, list[Artifact]] = field(default_factory=dict)

    def output(self, key: str) -> Artifact | None:
        """Return the single artifact under `key`, or None if the node did not write it."""
        artifacts = self.outputs.get(key, [])
        return artifacts[0] if artifacts else None


@dataclass(frozen=True)
class RunRecord:
    """One run of a pipeline. `started` and `ended`, the end of its last node, are seconds since the epoch.

    `run_id` is TFX's id of the run.
    """

    pipeline: str
    run_id: str
    started: float
    ended: float
    nodes: dict[str, NodeRecord]

    @property
    def kind(self) -> Kind:
        """The kind of the pipeline that ran."""
        return kind_of(self.nodes)

    @property
    def blessed(self) -> bool:
        """The decision on the search model: true if it was blessed."""
        blessing = self.output("RetrievalEvaluator", "blessing")
        return blessing is not None and blessing.properties.get("blessed") == 1

    def output(self, node: str, key: str) -> Artifact | None:
        """Return the single artifact that `node` made under `key`, or None if it made none."""
        return self.nodes[node].output(key) if node in self.nodes else None


def latest_run(metadata: Path) -> dict[str, NodeRecord]:
    """Return the nodes of the newest run in a sqlite metadata store, by name, in the order in which they started."""
    store = open_store(metadata)
    newest = max(store.get_contexts_by_type("pipeline_run"), key=lambda context: context.id, default=None)
    return _run(store, newest).nodes if newest else {}


def newest_run_id(metadata: Path) -> str | None:
    """Return TFX's id of the newest run in a sqlite metadata store; None without a run, or without a store."""
    if not metadata.exists():
        return None
    runs = open_store(metadata).get_contexts_by_type("pipeline_run")
    return max(runs, key=lambda context: context.id).name if runs else None


def all_runs(metadata: Path) -> list[RunRecord]:
    """Return every run in a sqlite metadata store, newest first."""
    store = open_store(metadata)
    runs = sorted(store.get_contexts_by_type("pipeline_run"), key=lambda context: context.id, reverse=True)
    return [_run(store, run) for run in runs]


def find_output(directory: RunDirectory, node: str, key: str) -> Artifact:
    """Return the single artifact that `node` made under `key` in the latest run, even if the run's folder was moved.

    What a catalogue run does not make, it has from the newest run before it whose model was blessed.

    Raises:
        DataError: no run has made it.
    """
    update_moved_uris(directory.metadata, directory.artifacts)
    runs = all_runs(directory.metadata) if directory.metadata.exists() else []
    blessed = [run for run in runs[1:] if run.blessed] if runs and runs[0].kind == "refresh" else []
    runs = [*runs[:1], *blessed]
    artifact = next((artifact for run in runs if (artifact := run.output(node, key))), None)
    if artifact is None:
        raise DataError(f"{directory.output}: no run has completed {node}; `vitrine run` must finish first")
    return artifact


def _run(store: mlmd.MetadataStore, run: proto.Context) -> RunRecord:
    executions = sorted(store.get_executions_by_context(run.id), key=lambda execution: execution.id)
    nodes = [_node(store, execution) for execution in executions]
    started = run.create_time_since_epoch
    ended = max([started, *(execution.last_update_time_since_epoch for execution in executions)])
    contexts = store.get_contexts_by_execution(executions[0].id) if executions else []
    pipeline = next((context.name for context in contexts if context.type == "pipeline"), "")
    return RunRecord(pipeline, run.name, started / 1000, ended / 1000, {node.name: node for node in nodes})


def _node(store: mlmd.MetadataStore, execution: proto.Execution) -> NodeRecord:
    events = store.get_events_by_execution_ids([execution.id])
    keys = {event.artifact_id: event.path.steps[0].key for event in events if event.type == proto.Event.OUTPUT}
    artifacts = read_artifacts(store, keys)
    outputs: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        outputs.setdefault(keys[artifact.id], []).append(artifact)
    original = execution
    makers = [artifact.maker for artifact in artifacts if artifact.maker is not None]
    if makers and state(execution) == "cached":
        (original,) = store.get_executions_by_id([min(makers)])
    return NodeRecord(node_name(store, execution), state(execution), seconds(original), outputs)
