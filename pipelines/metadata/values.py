"""Plain values out of ML Metadata, which answers in protos."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_metadata as mlmd
from google.protobuf import json_format  # type: ignore[import-untyped]
from ml_metadata.proto import metadata_store_pb2 as proto

from vitrine.errors import DataError

_STATES = {
    proto.Execution.COMPLETE: "done",
    proto.Execution.CACHED: "cached",
    proto.Execution.FAILED: "failed",
    proto.Execution.RUNNING: "interrupted",
}


@dataclass(frozen=True)
class Artifact:
    """An artifact, made at `created` (seconds since the epoch) by the execution `maker`, if one is known."""

    id: int
    type: str
    uri: str
    created: float
    properties: dict[str, Any]
    maker: int | None

    @property
    def path(self) -> Path:
        """Where it lies, for what is on this machine."""
        return Path(self.uri)


def open_store(metadata: Path, writable: bool = False) -> mlmd.MetadataStore:
    """Open the sqlite file `metadata`. Raises DataError where it is no metadata store."""
    config = proto.ConnectionConfig(sqlite=proto.SqliteMetadataSourceConfig(filename_uri=str(metadata)))
    if not writable:
        config.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READONLY
    try:
        return mlmd.MetadataStore(config)
    except (RuntimeError, mlmd.errors.StatusError) as error:
        raise DataError(f"{metadata}: not a metadata store: {str(error).splitlines()[0]}") from None


def state(execution: proto.Execution) -> str:
    """How an execution ended: done, cached, failed or interrupted."""
    return _STATES.get(execution.last_known_state, "interrupted")


def seconds(execution: proto.Execution) -> float:
    """How long an execution took."""
    milliseconds: int = execution.last_update_time_since_epoch - execution.create_time_since_epoch
    return milliseconds / 1000


def properties(message: proto.Artifact | proto.Execution) -> dict[str, Any]:
    """The properties of an artifact or an execution, its type's and its own, without those that have no value."""
    return {
        name: _plain(value)
        for group in (message.properties, message.custom_properties)
        for name, value in sorted(group.items())
        if value.WhichOneof("value")
    }


def _plain(value: proto.Value) -> Any:
    if not value.HasField("struct_value"):
        return getattr(value, value.WhichOneof("value"))
    # A proto's map has another order in each process.
    struct = json.loads(json_format.MessageToJson(value.struct_value, sort_keys=True))
    return struct.get("__value__", struct)  # how TFX puts what is no object into one


def node_name(store: mlmd.MetadataStore, execution: proto.Execution) -> str:
    """The pipeline's name for the component that was executed."""
    contexts = store.get_contexts_by_execution(execution.id)
    names: Iterator[str] = (context.name.split(".", 1)[1] for context in contexts if context.type == "node")
    return next(names)


def read_artifacts(store: mlmd.MetadataStore, ids: Collection[int]) -> list[Artifact]:
    """The artifacts with these ids, ordered by them."""
    makers = _makers(store, ids)
    return [
        Artifact(one.id, one.type, one.uri, one.create_time_since_epoch / 1000, properties(one), makers.get(one.id))
        for one in sorted(store.get_artifacts_by_id(list(ids)), key=lambda one: one.id)
    ]


def _makers(store: mlmd.MetadataStore, artifacts: Collection[int]) -> dict[int, int]:
    """Of the executions that have an artifact among their outputs, the one that made it; others found it cached."""
    events = [one for one in store.get_events_by_artifact_ids(list(artifacts)) if one.type == proto.Event.OUTPUT]
    executions = store.get_executions_by_id(list({event.execution_id for event in events}))
    complete = {one.id for one in executions if one.last_known_state == proto.Execution.COMPLETE}
    found: dict[int, int] = {}
    for event in events:
        if event.execution_id in complete:
            found[event.artifact_id] = min(event.execution_id, found.get(event.artifact_id, event.execution_id))
    return found
