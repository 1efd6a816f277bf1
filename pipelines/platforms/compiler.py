"""Compilation of a run's settings into the pipeline spec of Kubeflow and Vertex, without network access."""

import re
from functools import partial
from typing import Final, get_args

from google.protobuf import json_format  # type: ignore[import-untyped]
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec
from tfx import v1 as tfx
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.orchestration.kubeflow.v2.kubeflow_v2_dag_runner import KubeflowV2DagRunner, KubeflowV2DagRunnerConfig
from tfx.orchestration.kubeflow.v2.pipeline_builder import DEFAULT_IMAGE_PATH_KEY

from components.csv_example_gen import CsvExampleGen
from pipelines.beam.arguments import beam_arguments
from pipelines.kinds import BLESSED_RUN_NODE, Kind
from pipelines.pipeline import create_pipeline
from pipelines.platform_settings import DEFAULT, NodeResources, Runner
from pipelines.platforms.spec import CompiledPipeline, Json
from pipelines.platforms.vertex_endpoint import endpoint_pusher
from pipelines.settings import RunSettings
from pipelines.settings_checks import require
from vitrine.errors import ConfigError

DATA_DIR: Final = "data-dir"
"""The runtime parameter: the folder that holds `catalogue/` and `judgements/`."""
BYTES: Final = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
RESOURCES: Final = PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec


def compile_pipeline(settings: RunSettings, runner: Runner, kind: Kind = "run") -> CompiledPipeline:
    """Compile the pipeline of this kind for `runner`.

    Raises:
        ConfigError: a setting of the platform is missing, or invalid there.
    """
    require(settings)
    pipeline = build(settings, runner, kind)
    images = _images(settings, pipeline, runner)
    compiler = KubeflowV2DagRunner(KubeflowV2DagRunnerConfig(default_image=images, use_pipeline_spec_2_1=True))
    job = compiler.run(pipeline, parameter_values={DATA_DIR: settings.data.dir}, write_out=False)
    spec = job["pipelineSpec"]
    _set_resources(spec, settings)
    spec["root"]["inputDefinitions"]["parameters"][DATA_DIR]["defaultValue"] = settings.data.dir
    for node in pipeline.components:
        # Kubeflow does not run the driver that checks whether files changed.
        if node.id == BLESSED_RUN_NODE or (runner == "kubeflow" and isinstance(node, CsvExampleGen)):
            _disable_caching(spec, node.id)
    json_format.ParseDict(spec, PipelineSpec())  # raises if TFX wrote a field that KFP does not know
    job["labels"] = job.get("labels", {}) | settings.platform.labels
    return CompiledPipeline(spec, job, _pod_labels(spec, settings.platform.labels))


def build(settings: RunSettings, runner: Runner, kind: Kind = "run") -> tfx.dsl.Pipeline:
    """Return the pipeline with the platform's locations."""
    tracking = settings.trainer.tracking
    if not tracking.tracking_uri:  # a file in the node's container is lost when the node ends
        tracking = tracking.model_copy(update={"enabled": False})
    root = str(settings.platform.root)
    vertex = settings.platform.vertex
    return create_pipeline(
        settings.model_copy(update={"trainer": settings.trainer.model_copy(update={"tracking": tracking})}),
        root=root,
        serving=settings.platform.serving or f"{root}/serving",
        beam_arguments=beam_arguments(settings.beam),
        data=tfx.dsl.experimental.RuntimeParameter(name=DATA_DIR, ptype=str, default=settings.data.dir),
        # Kubeflow Pipelines has no resolvers: its compiler says "resolver not implemented yet".
        baseline=tfx.dsl.experimental.LatestBlessedModelStrategy if runner == "vertex" else None,
        earlier=tfx.dsl.experimental.LatestArtifactStrategy if runner == "vertex" else None,
        earlier_features=tfx.dsl.experimental.LatestArtifactStrategy if runner == "vertex" else None,
        blessed=None,  # Vertex resolves the latest artifacts of a type only
        served_statistics=None,
        cache=settings.platform.cache,
        deploy=partial(endpoint_pusher, vertex) if runner == "vertex" and vertex.endpoint else None,
        kind=kind,
    )


def _images(settings: RunSettings, pipeline: tfx.dsl.Pipeline, runner: Runner) -> dict[str, str]:
    """Return the images by node, and the default one.

    Raises ConfigError if `resources` names a node that no kind of pipeline has: all read the same settings.
    """
    nodes = _nodes(pipeline)
    if settings.platform.resources.keys() - {*nodes, DEFAULT}:
        known = {node for kind in get_args(Kind) for node in _nodes(build(settings, runner, kind))}
        if unknown := settings.platform.resources.keys() - {*known, DEFAULT}:
            listed = ", ".join([DEFAULT, *sorted(known)])
            raise ConfigError(f"platform.resources.{min(unknown)}: no such node; known are {listed}")
    images = {node: settings.platform.of(node).image for node in nodes}
    return {DEFAULT_IMAGE_PATH_KEY: settings.platform.image} | {node: image for node, image in images.items() if image}


def _nodes(pipeline: tfx.dsl.Pipeline) -> list[str]:
    return [node.id for node in pipeline.components if isinstance(node, BaseComponent)]


def _set_resources(spec: Json, settings: RunSettings) -> None:
    """Set the resources of every node; TFX itself omits the ExampleGens."""
    for label, executor in spec["deploymentSpec"]["executors"].items():
        resources = resource_spec(settings.platform.of(label.removesuffix("_executor")))
        if "container" in executor and resources.ByteSize():
            executor["container"]["resources"] = json_format.MessageToDict(resources)


def resource_spec(resources: NodeResources) -> PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec:
    """Return KFP's ResourceSpec: cores, memory in units of 10^9 bytes, accelerators."""
    spec = RESOURCES()
    if resources.cpu:
        spec.cpu_limit = resources.cpu
    if resources.memory:
        amount, unit = re.fullmatch(r"([0-9.]+)(\w*)", resources.memory).groups()  # type: ignore[union-attr]
        spec.memory_limit = float(amount) * BYTES.get(unit, 1) / BYTES["G"]
    if resources.accelerator:
        spec.accelerator.type = resources.accelerator
        spec.accelerator.count = resources.accelerators or 1
    return spec


def _disable_caching(spec: Json, node: str) -> None:
    spec["root"]["dag"]["tasks"][node].pop("cachingOptions", None)


def _pod_labels(spec: Json, labels: dict[str, str]) -> Json:
    if not labels:
        return {}
    executors = {
        name: {"podMetadata": {"labels": dict(labels)}}
        for name, executor in spec["deploymentSpec"]["executors"].items()
        if "container" in executor
    }
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
