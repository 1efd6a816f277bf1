"""Why a node ran again: what differs between its last execution and the one before, as ML Metadata has them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.metadata.values import node_name, open_store, properties, read_artifacts, state
from pipelines.stamps import CODE, MODULES

SHOWN: Final = 3
"""Names of one kind that are told."""
SUCCEEDED: Final = ("done", "cached")


def changes(metadata: Path, node: str) -> str:
    """Return what changed since `node` was executed before, in words; "" for its first execution, or if nothing did.

    Executions that found their outputs cached count, too: they had the inputs and properties that those were made of.
    """
    store = open_store(metadata)
    executions = [one for one in _executions(store, node) if state(one) in SUCCEEDED]
    if len(executions) < 2:
        return ""
    before, after = executions[-2:]
    found = [*_of_properties(properties(before), properties(after)), *_of_inputs(store, before, after)]
    return "; ".join(found) or ("outputs, which are gone" if _outputs_gone(store, before) else "")


def _executions(store: mlmd.MetadataStore, node: str) -> list[proto.Execution]:
    """The executions of a node, oldest first."""
    contexts = [one for one in store.get_contexts_by_type("node") if one.name.partition(".")[2] == node]
    found = {one.id: one for context in contexts for one in store.get_executions_by_context(context.id)}
    return [found[number] for number in sorted(found)]


def _of_properties(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new or name == CODE:  # a digest of `modules`, which say more
            continue
        keys = _listed(list(_keys(_parsed(old), _parsed(new))))
        if name == MODULES:
            yield f"code of {keys}" if keys else CODE
        else:
            yield f"{name} ({keys})" if keys else name


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] == "{" else value
    except ValueError:
        return value


def _keys(old: Any, new: Any, prefix: str = "") -> Iterator[str]:
    """Dotted names of what differs between two JSON objects."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if prefix:
            yield prefix
        return
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield from _keys(old.get(key), new.get(key), f"{prefix}.{key}" if prefix else key)


def _of_inputs(store: mlmd.MetadataStore, before: proto.Execution, after: proto.Execution) -> Iterator[str]:
    """Inputs that are other artifacts, by the nodes that made them."""
    old, new = (_artifacts(store, execution, proto.Event.INPUT) for execution in (before, after))
    found: dict[str, list[str]] = {}
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            makers = {one.maker for one in read_artifacts(store, new.get(name, ())) if one.maker is not None}
            nodes = sorted(node_name(store, one) for one in store.get_executions_by_id(sorted(makers)))
            found.setdefault(_listed(nodes), []).append(name)
    for maker, names in sorted(found.items()):
        yield f"{_listed(names)} from {maker}" if maker else _listed(names)


def _outputs_gone(store: mlmd.MetadataStore, execution: proto.Execution) -> bool:
    made = [number for numbers in _artifacts(store, execution, proto.Event.OUTPUT).values() for number in numbers]
    return any(
        artifact.state == proto.Artifact.DELETED or ("://" not in artifact.uri and not Path(artifact.uri).exists())
        for artifact in store.get_artifacts_by_id(made)
    )


def _artifacts(store: mlmd.MetadataStore, execution: proto.Execution, kind: int) -> dict[str, tuple[int, ...]]:
    """The ids of an execution's inputs or outputs, by the node's name for them."""
    found: dict[str, tuple[int, ...]] = {}
    for event in store.get_events_by_execution_ids([execution.id]):
        if event.type == kind:
            name = event.path.steps[0].key
            found[name] = (*found.get(name, ()), event.artifact_id)
    return found


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
