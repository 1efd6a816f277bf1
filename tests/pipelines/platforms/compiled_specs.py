"""A compiled pipeline of one node, valid for the platforms and made without TFX."""

from typing import Any

from pipelines.platforms.spec import CompiledPipeline

SPEC: dict[str, Any] = {
    "schemaVersion": "2.1.0",
    "sdkVersion": "tfx-1.21.0",
    "pipelineInfo": {"name": "shop"},
    "root": {
        "inputDefinitions": {"parameters": {"data-dir": {"parameterType": "STRING", "defaultValue": "gs://b/data"}}},
        "dag": {"tasks": {"AnomalyGate": {"taskInfo": {"name": "AnomalyGate"}, "componentRef": {"name": "gate"}}}},
    },
    "components": {"gate": {"executorLabel": "gate_executor"}},
    "deploymentSpec": {"executors": {"gate_executor": {"container": {"image": "example/vitrine:1"}}}},
}


def compiled(**labels: str) -> CompiledPipeline:
    """Return the compiled pipeline with `labels`."""
    pods = {"gate_executor": {"podMetadata": {"labels": labels}}}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": pods}}}} if labels else {}
    job = {
        "displayName": "shop",
        "labels": labels,
        "pipelineSpec": SPEC,
        "runtimeConfig": {"gcsOutputDirectory": "gs://b/root", "parameterValues": {"data-dir": "gs://b/data"}},
    }
    return CompiledPipeline(SPEC, job, platform)
