"""The reason why a node ran again: the differences between its last two executions in ML Metadata."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto
from pydantic import JsonValue

from pipelines.metadata.values import node_name, open_store, properties, read_artifacts, state
from pipelines.stamps import CODE, ENCODING_CODE, MODULES

SHOWN: Final = 3
"""Maximal number of names of one kind."""
SUCCEEDED: Final = ("done", "cached")


def changes(metadata: Path, node: str) -> str:
    """Describe what changed since the previous execution of `node`; "" for its first execution, or if nothing changed.

    Cached executions count, too: they had the same inputs and properties as the execution that made their outputs.
    """
    store = open_store(metadata)
    executions = [execution for execution in _executions(store, node) if state(execution) in SUCCEEDED]
    if len(executions) < 2:
        return ""
    before, after = executions[-2:]
    differences = [
        *_changed_properties(properties(before), properties(after)),
        *_changed_inputs(store, before, after),
    ]
    return "; ".join(differences) or ("outputs, which are gone" if _outputs_gone(store, before) else "")


def _executions(store: mlmd.MetadataStore, node: str) -> list[proto.Execution]:
    """Return the executions of a node, oldest first."""
    contexts = [context for context in store.get_contexts_by_type("node") if context.name.partition(".")[2] == node]
    executions = [execution for context in contexts for execution in store.get_executions_by_context(context.id)]
    return sorted({execution.id: execution for execution in executions}.values(), key=lambda execution: execution.id)


def _changed_properties(before: dict[str, JsonValue], after: dict[str, JsonValue]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new or name in (CODE, ENCODING_CODE):  # digests of `modules`, which are more specific
            continue
        keys = _join_names(list(_keys(_parsed(old), _parsed(new))))
        if name == MODULES:
            yield f"code of {keys}" if keys else CODE
        else:
            yield f"{name} ({keys})" if keys else name


def _parsed(value: JsonValue) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(value) if isinstance(value, str) and value[:1] == "{" else value
    except ValueError:
        return value
    return parsed


def _keys(old: JsonValue, new: JsonValue, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of the differences between two JSON objects."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if prefix:
            yield prefix
        return
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield from _keys(old.get(key), new.get(key), f"{prefix}.{key}" if prefix else key)


def _changed_inputs(store: mlmd.MetadataStore, before: proto.Execution, after: proto.Execution) -> Iterator[str]:
    """Yield the inputs that are other artifacts, by the nodes that made them."""
    old, new = (_artifacts(store, execution, proto.Event.INPUT) for execution in (before, after))
    inputs_by_maker: dict[str, list[str]] = {}
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            makers = {
                artifact.maker for artifact in read_artifacts(store, new.get(name, ())) if artifact.maker is not None
            }
            nodes = sorted(node_name(store, execution) for execution in store.get_executions_by_id(sorted(makers)))
            inputs_by_maker.setdefault(_join_names(nodes), []).append(name)
    for maker, names in sorted(inputs_by_maker.items()):
        yield f"{_join_names(names)} from {maker}" if maker else _join_names(names)


def _outputs_gone(store: mlmd.MetadataStore, execution: proto.Execution) -> bool:
    outputs = [number for numbers in _artifacts(store, execution, proto.Event.OUTPUT).values() for number in numbers]
    return any(
        artifact.state == proto.Artifact.DELETED or ("://" not in artifact.uri and not Path(artifact.uri).exists())
        for artifact in store.get_artifacts_by_id(outputs)
    )


def _artifacts(store: mlmd.MetadataStore, execution: proto.Execution, kind: int) -> dict[str, tuple[int, ...]]:
    """Return the ids of an execution's inputs or outputs, by the node's names."""
    artifacts: dict[str, tuple[int, ...]] = {}
    for event in store.get_events_by_execution_ids([execution.id]):
        if event.type == kind:
            name = event.path.steps[0].key
            artifacts[name] = (*artifacts.get(name, ()), event.artifact_id)
    return artifacts


def _join_names(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
