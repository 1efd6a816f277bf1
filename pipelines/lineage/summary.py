"""A summary of the lineage: the data, the encoder and the code that made a pushed version."""

import json
import posixpath
from datetime import UTC, datetime
from typing import Any

from pipelines.lineage.upstream import Execution, Lineage
from pipelines.metadata.values import Artifact


def as_json(lineage: Lineage) -> dict[str, Any]:
    """Return the whole lineage for JSON. Times are ISO 8601 in UTC; artifacts and executions refer by id."""
    return {
        "model": lineage.model,
        "version": lineage.version,
        **summary(lineage),
        "executions": [_execution(lineage, execution) for _, execution in sorted(lineage.executions.items())],
        "artifacts": [_artifact(artifact) for _, artifact in sorted(lineage.artifacts.items())],
    }


def summary(lineage: Lineage) -> dict[str, Any]:
    """Return `pushed`, `data`, `encoder`, `vectors` and `code` of all that made the model, not of its evaluation."""
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
    """Return seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def local_time(seconds: float) -> str:
    """Return seconds since the epoch as local date and time."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _folder(execution: Execution) -> str:
    """Return the folder that holds all files of an ExampleGen."""
    splits = execution.settings.get("input_config", {}).get("splits", [])
    below = [posixpath.dirname(split["pattern"]) for split in splits]
    base = str(execution.properties["input_base"])
    return posixpath.join(base, posixpath.commonpath(below)).rstrip("/") if below else base


def _encoder(lineage: Lineage, makers: list[Execution]) -> dict[str, Any]:
    """Return the encoder's settings, from the execution that made the artifact used as `encoder`."""
    for execution in makers:
        for artifact in execution.inputs.get("encoder", []):
            maker = lineage.executions.get(lineage.artifacts[artifact].maker or 0)
            settings = maker.settings.get("custom_config", {}) if maker else {}
            if maker and "encoder" in settings:
                return {"node": maker.node, "artifact": artifact, **settings["encoder"]}
    return {}


def _vectors(artifact: Artifact) -> dict[str, Any]:
    names = ("fingerprint", "dimension", "count")
    return {name: artifact.properties[name] for name in names if name in artifact.properties}


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
