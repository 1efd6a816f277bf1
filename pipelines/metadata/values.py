"""Plain values of ML Metadata's protos."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import ml_metadata as mlmd
from google.protobuf import json_format  # type: ignore[import-untyped]
from ml_metadata.proto import metadata_store_pb2 as proto
from pydantic import JsonValue

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
    properties: dict[str, JsonValue]
    maker: int | None

    @property
    def path(self) -> Path:
        """The path of a local artifact."""
        return Path(self.uri)


def open_store(metadata: Path, writable: bool = False) -> mlmd.MetadataStore:
    """Open the sqlite file `metadata`. Raises DataError if it is not a metadata store."""
    connection = proto.ConnectionConfig(sqlite=proto.SqliteMetadataSourceConfig(filename_uri=str(metadata)))
    if not writable:
        connection.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READONLY
    try:
        return mlmd.MetadataStore(connection)
    except (RuntimeError, mlmd.errors.StatusError) as error:
        raise DataError(f"{metadata}: not a metadata store: {str(error).splitlines()[0]}") from None


def state(execution: proto.Execution) -> str:
    """Return the state of an execution: done, cached, failed or interrupted."""
    return _STATES.get(execution.last_known_state, "interrupted")


def seconds(execution: proto.Execution) -> float:
    """Return the duration of an execution."""
    milliseconds: int = execution.last_update_time_since_epoch - execution.create_time_since_epoch
    return milliseconds / 1000


def properties(message: proto.Artifact | proto.Execution) -> dict[str, JsonValue]:
    """Return the properties of an artifact or an execution, with custom ones, without those that have no value."""
    return {
        name: _plain(value)
        for group in (message.properties, message.custom_properties)
        for name, value in sorted(group.items())
        if value.WhichOneof("value")
    }


def _plain(value: proto.Value) -> JsonValue:
    if not value.HasField("struct_value"):
        scalar: int | float | str | bool = getattr(value, value.WhichOneof("value"))
        return scalar
    # The order of a proto's map differs between processes.
    struct: dict[str, JsonValue] = json.loads(json_format.MessageToJson(value.struct_value, sort_keys=True))
    return struct.get("__value__", struct)  # TFX wraps values that are not objects


def node_name(store: mlmd.MetadataStore, execution: proto.Execution) -> str:
    """Return the id of the node that was executed."""
    contexts = store.get_contexts_by_execution(execution.id)
    names: Iterator[str] = (context.name.split(".", 1)[1] for context in contexts if context.type == "node")
    return next(names)


def read_artifacts(store: mlmd.MetadataStore, ids: Collection[int]) -> list[Artifact]:
    """Return the artifacts with these ids, in their order."""
    makers = _makers(store, ids)
    return [
        Artifact(
            message.id,
            message.type,
            message.uri,
            message.create_time_since_epoch / 1000,
            properties(message),
            makers.get(message.id),
        )
        for message in sorted(store.get_artifacts_by_id(list(ids)), key=lambda message: message.id)
    ]


def _makers(store: mlmd.MetadataStore, artifacts: Collection[int]) -> dict[int, int]:
    """Return the execution that made each artifact; other executions with that output are cached ones."""
    events = [event for event in store.get_events_by_artifact_ids(list(artifacts)) if event.type == proto.Event.OUTPUT]
    executions = store.get_executions_by_id(list({event.execution_id for event in events}))
    complete = {execution.id for execution in executions if execution.last_known_state == proto.Execution.COMPLETE}
    makers: dict[int, int] = {}
    for event in events:
        if event.execution_id in complete:
            makers[event.artifact_id] = min(event.execution_id, makers.get(event.artifact_id, event.execution_id))
    return makers
