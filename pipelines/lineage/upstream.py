"""The executions and artifacts upstream of a pushed version, from ML Metadata.

A cached execution is replaced by the one that made its outputs.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto
from pydantic import JsonValue

from pipelines.kinds import Kind, kind_of
from pipelines.metadata.values import Artifact, node_name, open_store, properties, read_artifacts, seconds, state
from pipelines.stamps import CODE


@dataclass(frozen=True)
class Execution:
    """A node's execution. `inputs` are the ids of artifacts, by the node's names."""

    id: int
    node: str
    type: str
    state: str
    started: float
    seconds: float
    properties: dict[str, JsonValue]
    inputs: dict[str, list[int]]

    @cached_property
    def settings(self) -> dict[str, JsonValue]:
        """The properties with JSON parsed, without the empty ones."""
        parsed = {name: _parsed(value) for name, value in self.properties.items()}
        return {name: value for name, value in sorted(parsed.items()) if value not in ("", None, {}, [])}

    @property
    def code(self) -> str | None:
        """The stamp of the code that ran, if the node has one."""
        stamp = self.properties.get(CODE)
        return str(stamp) if stamp else None


@dataclass(frozen=True)
class Lineage:
    """A pushed version with all that is upstream of it, by id.

    `pushed` is its PushedModel artifact; `run_id` is that of the run that pushed it, "" if unknown, and `kind` that of
    its pipeline.
    """

    model: str
    version: str
    run_id: str
    kind: Kind
    pushed: Artifact
    artifacts: dict[int, Artifact]
    executions: dict[int, Execution]

    def makers(self) -> list[Execution]:
        """Return the executions that made the model, oldest first, without those of its evaluation and its baseline."""
        assert self.pushed.maker is not None
        makers: dict[int, Execution] = {}
        pending = [*self.executions[self.pushed.maker].inputs.get("model", [])]
        while pending:
            maker = self.artifacts[pending.pop()].maker
            if maker is not None and maker not in makers:
                makers[maker] = self.executions[maker]
                pending += [number for ids in makers[maker].inputs.values() for number in ids]
        return sorted(makers.values(), key=lambda execution: execution.id)

    def outputs(self, execution: Execution) -> list[Artifact]:
        """Return the upstream artifacts that `execution` made."""
        return [artifact for artifact in self.artifacts.values() if artifact.maker == execution.id]


def trace(metadata: Path, push: int, model: str, version: str) -> Lineage:
    """Return the lineage of the PushedModel with the id `push` in the metadata store `metadata`."""
    store = open_store(metadata)
    artifacts: dict[int, Artifact] = {}
    executions: dict[int, Execution] = {}
    pending = {push}
    while pending:
        level = {artifact.id: artifact for artifact in read_artifacts(store, pending)}
        artifacts |= level
        makers = {artifact.maker for artifact in level.values() if artifact.maker is not None} - executions.keys()
        new = [_execution(store, message) for message in store.get_executions_by_id(sorted(makers))]
        executions |= {execution.id: execution for execution in new}
        inputs = {number for execution in new for ids in execution.inputs.values() for number in ids}
        pending = inputs - artifacts.keys()
    run_id, kind = _run(store, artifacts[push].maker)
    return Lineage(model, version, run_id, kind, artifacts[push], artifacts, executions)


def _run(store: mlmd.MetadataStore, execution: int | None) -> tuple[str, Kind]:
    """Return the id and the kind of the pipeline run that an execution belongs to."""
    contexts = store.get_contexts_by_execution(execution) if execution is not None else []
    runs = [context for context in contexts if context.type == "pipeline_run"]
    executions = [execution for run in runs for execution in store.get_executions_by_context(run.id)]
    kind = kind_of({node_name(store, execution) for execution in executions})
    return next((run.name for run in runs), ""), kind


def _execution(store: mlmd.MetadataStore, execution: proto.Execution) -> Execution:
    inputs: dict[str, list[int]] = {}
    for event in store.get_events_by_execution_ids([execution.id]):
        if event.type == proto.Event.INPUT:
            inputs.setdefault(event.path.steps[0].key, []).append(event.artifact_id)
    return Execution(
        execution.id,
        node_name(store, execution),
        execution.type,
        state(execution),
        execution.create_time_since_epoch / 1000,
        seconds(execution),
        properties(execution),
        dict(sorted(inputs.items())),
    )


def _parsed(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            parsed: JsonValue = json.loads(value)
        except ValueError:
            return value
        return parsed
    return None if value == "null" else value
