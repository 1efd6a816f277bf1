"""The data, the encoder and the code that made a pushed version, out of all that is upstream of it."""

import json
import posixpath
from datetime import UTC, datetime
from typing import Any

from pipelines.lineage.upstream import Execution, Lineage
from pipelines.metadata.values import Artifact


def as_json(lineage: Lineage) -> dict[str, Any]:
    """Everything, for programs. Times are ISO 8601 in UTC; artifacts and executions refer to each other by id."""
    return {
        "model": lineage.model,
        "version": lineage.version,
        **summary(lineage),
        "executions": [_execution(lineage, one) for _, one in sorted(lineage.executions.items())],
        "artifacts": [_artifact(one) for _, one in sorted(lineage.artifacts.items())],
    }


def summary(lineage: Lineage) -> dict[str, Any]:
    """`pushed`, `data`, `encoder`, `vectors` and `code`; of these only what made the model, not what evaluated it."""
    makers = lineage.makers()
    outputs = [(execution, artifact) for execution in makers for artifact in lineage.outputs(execution)]
    return {
        "pushed": {"to": lineage.pushed.properties["pushed_destination"], "at": iso_time(lineage.pushed.created)},
        "data": [
            {
                "node": execution.node,
                "folder": _folder(execution),
                "splits": json.loads(artifact.properties.get("split_names", "[]")),
                "span": artifact.properties.get("span"),
                "fingerprint": artifact.properties.get("input_fingerprint"),
            }
            for execution, artifact in outputs
            if "input_base" in execution.properties
        ],
        "encoder": _encoder(lineage, makers),
        "vectors": [
            {"node": execution.node, "artifact": artifact.id, **vectors}
            for execution, artifact in outputs
            if (vectors := _vectors(artifact))
        ],
        "code": {execution.node: execution.code for execution in makers if execution.code},
    }


def iso_time(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def local_time(seconds: float) -> str:
    """Seconds since the epoch as people here write it."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _folder(execution: Execution) -> str:
    """Where an ExampleGen read: the folder that all its files are in."""
    splits = execution.settings.get("input_config", {}).get("splits", [])
    below = [posixpath.dirname(split["pattern"]) for split in splits]
    base = str(execution.properties["input_base"])
    return posixpath.join(base, posixpath.commonpath(below)).rstrip("/") if below else base


def _encoder(lineage: Lineage, makers: list[Execution]) -> dict[str, Any]:
    """The settings of the execution that made what others take as their encoder."""
    for execution in makers:
        for artifact in execution.inputs.get("encoder", []):
            maker = lineage.executions.get(lineage.artifacts[artifact].maker or 0)
            settings = maker.settings.get("custom_config", {}) if maker else {}
            if maker and "encoder" in settings:
                return {"node": maker.node, "artifact": artifact, **settings["encoder"]}
    return {}


def _vectors(artifact: Artifact) -> dict[str, Any]:
    named = ("fingerprint", "dimension", "count")
    return {name: artifact.properties[name] for name in named if name in artifact.properties}


def _execution(lineage: Lineage, execution: Execution) -> dict[str, Any]:
    return {
        "id": execution.id,
        "node": execution.node,
        "type": execution.type,
        "state": execution.state,
        "started": iso_time(execution.started),
        "seconds": execution.seconds,
        "code": execution.code,
        "settings": execution.settings,
        "inputs": execution.inputs,
        "outputs": [artifact.id for artifact in lineage.outputs(execution)],
    }


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {
        "id": artifact.id,
        "type": artifact.type,
        "uri": artifact.uri,
        "created": iso_time(artifact.created),
        "properties": artifact.properties,
        "made_by": artifact.maker,
    }
