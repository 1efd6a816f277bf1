"""A summary of the lineage: the data, the encoder and the code that made a pushed version."""

import json
import posixpath
from datetime import UTC, datetime
from typing import TypedDict

from pydantic import JsonValue

from pipelines.kinds import Kind
from pipelines.lineage.upstream import Execution, Lineage
from pipelines.metadata.values import Artifact
from vitrine.tuning.figures import GOES_ON, ORIGINAL


class Push(TypedDict):
    """The folder that the version was pushed to, the time as ISO 8601 in UTC, and the run that pushed it."""

    to: JsonValue
    at: str
    run_id: str


class Data(TypedDict):
    """The files that an ExampleGen read; `spans` are the names of their spans, ascending."""

    node: str
    folder: str
    splits: list[str]
    span: JsonValue
    spans: list[str]
    fingerprint: JsonValue


class Origin(TypedDict):
    """The execution that made an artifact, and its start as ISO 8601 in UTC."""

    node: str
    execution: int
    at: str


class Summary(TypedDict):
    """All that made the model. `encoder` is empty for precomputed vectors; `code` has each node's stamp.

    `kind` is that of the pipeline that pushed it, `classifier` the origin of the classifier in a search model.
    """

    kind: Kind
    classifier: Origin | None
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
    """Return the fields of Summary of all that made the model, not of its evaluation."""
    makers = lineage.makers()
    outputs = [(execution, artifact) for execution in makers for artifact in lineage.outputs(execution)]
    return {
        "kind": lineage.kind,
        "classifier": _classifier(lineage, makers[-1]),
        "pushed": {
            "to": lineage.pushed.properties["pushed_destination"],
            "at": iso_time(lineage.pushed.created),
            "run_id": lineage.run_id,
        },
        "data": [
            {
                "node": execution.node,
                "folder": _folder(execution),
                "splits": json.loads(str(artifact.properties.get("split_names", "[]"))),
                "span": artifact.properties.get("span"),
                "spans": json.loads(str(artifact.properties.get("spans", "[]"))),
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


def _classifier(lineage: Lineage, generator: Execution) -> Origin | None:
    """Return the origin of the classifier in the search model that the execution `generator` made."""
    artifacts = [lineage.artifacts[number] for number in generator.inputs.get("classifier", [])]
    makers = [lineage.executions[artifact.maker] for artifact in artifacts if artifact.maker is not None]
    return {"node": makers[0].node, "execution": makers[0].id, "at": iso_time(makers[0].started)} if makers else None


def _encoder(lineage: Lineage, makers: list[Execution]) -> dict[str, JsonValue]:
    """Return the encoder's settings, from the execution that made the artifact used as `encoder`.

    If it was tuned, `original` is the fingerprint of the original encoder, and `goes_on` names the one of the two that
    is used.
    """
    for execution in makers:
        for artifact in execution.inputs.get("encoder", []):
            maker = lineage.executions.get(lineage.artifacts[artifact].maker or 0)
            settings = maker.settings.get("custom_config") if maker else None
            encoder = settings.get("encoder") if isinstance(settings, dict) else None
            if maker and isinstance(encoder, dict):
                properties = lineage.artifacts[artifact].properties
                tuned = {name: properties[name] for name in (ORIGINAL, GOES_ON) if name in properties}
                return {"node": maker.node, "artifact": artifact, **encoder, **tuned}
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
