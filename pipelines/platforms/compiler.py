"""From a configuration to the pipeline spec that Kubeflow and Vertex run; nothing is asked of the network."""

import re
from functools import partial
from typing import Any, Final

from google.protobuf import json_format  # type: ignore[import-untyped]
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec
from tfx import v1 as tfx
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.orchestration.kubeflow.v2.kubeflow_v2_dag_runner import KubeflowV2DagRunner, KubeflowV2DagRunnerConfig
from tfx.orchestration.kubeflow.v2.pipeline_builder import DEFAULT_IMAGE_PATH_KEY

from components.csv_example_gen import CsvExampleGen
from pipelines.beam.arguments import beam_arguments
from pipelines.pipeline import create_pipeline
from pipelines.platform_settings import DEFAULT, NodeResources, Runner
from pipelines.platforms.spec import CompiledPipeline
from pipelines.platforms.vertex_endpoint import endpoint_pusher
from pipelines.settings import RunSettings
from pipelines.settings_checks import require
from vitrine.errors import ConfigError

DATA_DIR: Final = "data-dir"
"""The runtime parameter: the folder that holds `catalogue/` and `judgements/`."""
BYTES: Final = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
RESOURCES: Final = PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec


def compile_pipeline(config: RunSettings, runner: Runner) -> CompiledPipeline:
    """Compile the pipeline for `runner`.

    Raises:
        ConfigError: what a platform must be told is missing, or does not fit it.
    """
    require(config)
    pipeline = build(config, runner)
    nodes = [node.id for node in pipeline.components if isinstance(node, BaseComponent)]
    images = _images(config, nodes)
    compiler = KubeflowV2DagRunner(KubeflowV2DagRunnerConfig(default_image=images, use_pipeline_spec_2_1=True))
    job = compiler.run(pipeline, parameter_values={DATA_DIR: config.data.dir}, write_out=False)
    spec = job["pipelineSpec"]
    _provide(spec, config)
    spec["root"]["inputDefinitions"]["parameters"][DATA_DIR]["defaultValue"] = config.data.dir
    if runner == "kubeflow":
        _never_cache(spec, [node.id for node in pipeline.components if isinstance(node, CsvExampleGen)])
    json_format.ParseDict(spec, PipelineSpec())  # TFX must not have written what KFP does not know
    job["labels"] = job.get("labels", {}) | config.platform.labels
    return CompiledPipeline(spec, job, _pod_labels(spec, config.platform.labels))


def build(config: RunSettings, runner: Runner) -> tfx.dsl.Pipeline:
    """Return the pipeline with everything where the platform has it."""
    tracking = config.trainer.tracking
    if not tracking.tracking_uri:  # a file in a container that goes when the node ends is no record
        tracking = tracking.model_copy(update={"enabled": False})
    root = str(config.platform.root)
    vertex = config.platform.vertex
    return create_pipeline(
        config.model_copy(update={"trainer": config.trainer.model_copy(update={"tracking": tracking})}),
        root=root,
        serving=config.platform.serving or f"{root}/serving",
        beam_arguments=beam_arguments(config.beam),
        data=tfx.dsl.experimental.RuntimeParameter(name=DATA_DIR, ptype=str, default=config.data.dir),
        # Kubeflow Pipelines has no resolvers: its compiler says "resolver not implemented yet".
        baseline=tfx.dsl.experimental.LatestBlessedModelStrategy if runner == "vertex" else None,
        cache=config.platform.cache,
        deploy=partial(endpoint_pusher, vertex) if runner == "vertex" and vertex.endpoint else None,
    )


def _images(config: RunSettings, nodes: list[str]) -> dict[str, str]:
    """Return the images by node, and the default one. Raises ConfigError where `resources` names an unknown node."""
    unknown = config.platform.resources.keys() - {*nodes, DEFAULT}
    if unknown:
        known = ", ".join([DEFAULT, *sorted(nodes)])
        raise ConfigError(f"platform.resources.{min(unknown)}: no such node; known are {known}")
    own = {node: config.platform.of(node).image for node in nodes}
    return {DEFAULT_IMAGE_PATH_KEY: config.platform.image} | {node: image for node, image in own.items() if image}


def _provide(spec: dict[str, Any], config: RunSettings) -> None:
    """Give every node its resources; by itself TFX would leave out the ExampleGens."""
    for label, executor in spec["deploymentSpec"]["executors"].items():
        resources = resource_spec(config.platform.of(label.removesuffix("_executor")))
        if "container" in executor and resources.ByteSize():
            executor["container"]["resources"] = json_format.MessageToDict(resources)


def resource_spec(resources: NodeResources) -> Any:
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


def _never_cache(spec: dict[str, Any], nodes: list[str]) -> None:
    """Kubeflow does not run the step that looks whether files have changed, so these nodes look at them each time."""
    for node in nodes:
        spec["root"]["dag"]["tasks"][node].pop("cachingOptions", None)


def _pod_labels(spec: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    if not labels:
        return {}
    executors = {
        name: {"podMetadata": {"labels": dict(labels)}}
        for name, executor in spec["deploymentSpec"]["executors"].items()
        if "container" in executor
    }
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
