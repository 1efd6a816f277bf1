"""A summary of the lineage: the data, the encoder and the code that made a pushed version."""

import json
import posixpath
from datetime import UTC, datetime
from typing import TypedDict

from pydantic import JsonValue

from pipelines.lineage.upstream import Execution, Lineage
from pipelines.metadata.values import Artifact


class Push(TypedDict):
    """The folder that the version was pushed to, and the time as ISO 8601 in UTC."""

    to: JsonValue
    at: str


class Data(TypedDict):
    """The files that an ExampleGen read."""

    node: str
    folder: str
    splits: list[str]
    span: JsonValue
    fingerprint: JsonValue


class Summary(TypedDict):
    """All that made the model. `encoder` is empty for precomputed vectors; `code` has each node's stamp."""

    pushed: Push
    data: list[Data]
    encoder: dict[str, JsonValue]
    vectors: list[dict[str, JsonValue]]
    code: dict[str, str]


class InputConfig(TypedDict, total=False):
    """The part that is read of TFX's `Input`, as JSON."""

    splits: list[dict[str, str]]


def as_json(lineage: Lineage) -> dict[str, object]:
    """Return the whole lineage for JSON. Times are ISO 8601 in UTC; artifacts and executions refer by id."""
    return {
        "model": lineage.model,
        "version": lineage.version,
        **summary(lineage),
        "executions": [_execution(lineage, execution) for _, execution in sorted(lineage.executions.items())],
        "artifacts": [_artifact(artifact) for _, artifact in sorted(lineage.artifacts.items())],
    }


def summary(lineage: Lineage) -> Summary:
    """Return `pushed`, `data`, `encoder`, `vectors` and `code` of all that made the model, not of its evaluation."""
    makers = lineage.makers()
    outputs = [(execution, artifact) for execution in makers for artifact in lineage.outputs(execution)]
    return {
        "pushed": {"to": lineage.pushed.properties["pushed_destination"], "at": iso_time(lineage.pushed.created)},
        "data": [
            {
                "node": execution.node,
                "folder": _folder(execution),
                "splits": json.loads(str(artifact.properties.get("split_names", "[]"))),
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
    config: InputConfig = json.loads(str(execution.properties.get("input_config", "{}")))
    below = [posixpath.dirname(split["pattern"]) for split in config.get("splits", [])]
    base = str(execution.properties["input_base"])
    return posixpath.join(base, posixpath.commonpath(below)).rstrip("/") if below else base


def _encoder(lineage: Lineage, makers: list[Execution]) -> dict[str, JsonValue]:
    """Return the encoder's settings, from the execution that made the artifact used as `encoder`."""
    for execution in makers:
        for artifact in execution.inputs.get("encoder", []):
            maker = lineage.executions.get(lineage.artifacts[artifact].maker or 0)
            settings = maker.settings.get("custom_config") if maker else None
            encoder = settings.get("encoder") if isinstance(settings, dict) else None
            if maker and isinstance(encoder, dict):
                return {"node": maker.node, "artifact": artifact, **encoder}
    return {}


def _vectors(artifact: Artifact) -> dict[str, JsonValue]:
    names = ("fingerprint", "dimension", "count")
    return {name: artifact.properties[name] for name in names if name in artifact.properties}


def _execution(lineage: Lineage, execution: Execution) -> dict[str, object]:
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


def _artifact(artifact: Artifact) -> dict[str, object]:
    return {
        "id": artifact.id,
        "type": artifact.type,
        "uri": artifact.uri,
        "created": iso_time(artifact.created),
        "properties": artifact.properties,
        "made_by": artifact.maker,
    }
