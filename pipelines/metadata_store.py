"""Plain values out of ML Metadata, which answers in protos."""

from collections.abc import Iterable
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
    return (execution.last_update_time_since_epoch - execution.create_time_since_epoch) / 1000


def properties(message: proto.Artifact | proto.Execution) -> dict[str, Any]:
    """The properties of an artifact or an execution, its type's and its own, without those that have no value."""
    return {
        name: _plain(value)
        for group in (message.properties, message.custom_properties)
        for name, value in group.items()
        if value.WhichOneof("value")
    }


def _plain(value: proto.Value) -> Any:
    if not value.HasField("struct_value"):
        return getattr(value, value.WhichOneof("value"))
    struct = json_format.MessageToDict(value.struct_value)
    return struct.get("__value__", struct)  # how TFX puts what is no object into one


def node_name(store: mlmd.MetadataStore, execution: proto.Execution) -> str:
    """The pipeline's name for the component that was executed."""
    contexts = store.get_contexts_by_execution(execution.id)
    return next(context.name.split(".", 1)[1] for context in contexts if context.type == "node")


def original(executions: Iterable[proto.Execution]) -> proto.Execution | None:
    """Of the executions that have an artifact among their outputs, the one that made it; the others found it cached."""
    made = [one for one in executions if one.last_known_state == proto.Execution.COMPLETE]
    return min(made, key=lambda one: one.id, default=None)


def moved_to(uri: str, root: Path) -> str:
    """Where the artifact with this URI lies: below `root`, where it is there and the URI names another root so called.

    TFX records absolute paths, so a run's directory that was moved, copied or pulled would lead back to the old place.
    """
    mark = f"/{root.name}/"
    here = root / uri.rpartition(mark)[2]
    return str(here) if mark in uri and here.exists() else uri
