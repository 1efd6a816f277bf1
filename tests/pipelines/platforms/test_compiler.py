import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp.components import load_component_from_file
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineJob, PipelineSpec, PlatformSpec

from pipelines.kinds import Kind
from pipelines.platform_settings import Runner
from pipelines.platforms.compiler import compile_pipeline
from pipelines.platforms.spec import CompiledPipeline
from tests.pipelines.platforms.specs import compiled_text, golden, run_settings
from tests.pipelines.spec_runner import SpecRunner
from vitrine.data.formats.tf_examples import read_columns
from vitrine.errors import ConfigError

RUNNERS: tuple[Runner, ...] = ("kubeflow", "vertex")


@pytest.fixture(scope="module")
def compiled() -> dict[Runner, CompiledPipeline]:
    """The sample's pipeline, with roots in an unreachable bucket."""
    return {runner: compile_pipeline(run_settings(), runner) for runner in RUNNERS}


def containers(compiled: CompiledPipeline) -> dict[str, dict[str, Any]]:
    """Return the container of each node that has one."""
    executors = compiled.spec["deploymentSpec"]["executors"]
    return {
        name.removesuffix("_executor"): executor["container"]
        for name, executor in executors.items()
        if "container" in executor
    }


@pytest.mark.parametrize("kind", ["run", "refresh"])
@pytest.mark.parametrize("runner", RUNNERS)
def test_compiled_files_equal_the_golden_files(runner: Runner, kind: Kind) -> None:
    """After an intended change, run `python -m tests.pipelines.platforms.specs`, and review the difference."""
    assert compiled_text(runner, kind) == golden(runner, kind).read_text(encoding="utf-8")


@pytest.mark.parametrize("runner", RUNNERS)
def test_the_sdk_of_kubeflow_reads_the_spec(
    compiled: dict[Runner, CompiledPipeline], runner: Runner, tmp_path: Path
) -> None:
    path = tmp_path / "pipeline.yaml"
    compiled[runner].write(path, runner)
    loaded = load_component_from_file(str(path))
    assert set(loaded.pipeline_spec.root.dag.tasks) == set(compiled[runner].spec["root"]["dag"]["tasks"])
    assert set(loaded.component_spec.inputs) == {"data-dir"}
    assert loaded.component_spec.inputs["data-dir"].default == "gs://bucket/data"


def test_the_files_hold_the_protos_that_the_platforms_know(
    compiled: dict[Runner, CompiledPipeline], tmp_path: Path
) -> None:
    compiled["kubeflow"].write(tmp_path / "k.yaml", "kubeflow")
    compiled["vertex"].write(tmp_path / "v.json", "vertex")
    spec, platform = yaml.safe_load_all((tmp_path / "k.yaml").read_text())
    json_format.ParseDict(spec, PipelineSpec())
    json_format.ParseDict(platform, PlatformSpec())
    job = json_format.Parse((tmp_path / "v.json").read_text(), PipelineJob())
    assert dict(job.labels)["team"] == "search"
    assert job.runtime_config.gcs_output_directory == "gs://bucket/vitrine"
    assert job.runtime_config.parameter_values["data-dir"].string_value == "gs://bucket/data"


@pytest.mark.parametrize("runner", RUNNERS)
def test_every_node_gets_its_image_and_its_resources(compiled: dict[Runner, CompiledPipeline], runner: Runner) -> None:
    by_node = containers(compiled[runner])
    with_resources = {"EmbeddingGen", "ClipTrainer"}
    assert {by_node[name]["image"] for name in by_node.keys() - {"ClipTrainer"}} == {
        "registry.example/vitrine/pipeline:1.0"
    }
    assert [by_node[name]["resources"] for name in by_node.keys() - with_resources] == [
        {"cpuLimit": 4.0, "memoryLimit": 16.0}
    ] * (len(by_node) - 2)
    accelerator = {"type": "NVIDIA_TESLA_T4", "count": "1"}
    embedding = {"cpuLimit": 4.0, "memoryLimit": 34.359738368, "accelerator": accelerator}
    assert by_node["EmbeddingGen"]["resources"] == embedding
    assert by_node["ClipTrainer"]["image"] == "registry.example/vitrine/cuda:1.0"
    training = {"cpuLimit": 8.0, "memoryLimit": 16.0, "accelerator": accelerator | {"count": "2"}}
    assert by_node["ClipTrainer"]["resources"] == training


@pytest.mark.parametrize("runner", RUNNERS)
def test_every_executor_and_artifact_type_can_be_imported(
    compiled: dict[Runner, CompiledPipeline], runner: Runner
) -> None:
    spec = compiled[runner].spec
    for container in containers(compiled[runner]).values():
        assert container["command"][:2] == ["python", "-m"]
        importlib.import_module(container["command"][2])
        path = container["args"][container["args"].index("--executor_class_path") + 1]
        module, _, name = path.rpartition(".")
        assert hasattr(getattr(importlib.import_module(module), name), "Do")
    schemas = re.findall(r"title: ((?!tfx)\w+)\.(\w+)", json.dumps(spec))
    assert {module for module, _ in schemas} == {"components"}
    assert all(hasattr(importlib.import_module(module), name) for module, name in schemas)


def test_kubernetes_can_name_every_task(compiled: dict[Runner, CompiledPipeline]) -> None:
    assert all(re.fullmatch("[a-zA-Z0-9][a-zA-Z0-9-]*", name) for name in compiled["kubeflow"].spec["components"])


def test_only_vertex_has_resolvers_an_endpoint_and_a_check_for_changed_files(
    compiled: dict[Runner, CompiledPipeline],
) -> None:
    kubeflow, vertex = (set(compiled[runner].spec["components"]) for runner in RUNNERS)
    assert vertex - kubeflow == {
        "EarlierEmbeddings", "EarlierFeatures", "LatestBlessedModel-model-blessing-resolver",
        "LatestBlessedModel-model-resolver", "Pusher-vertex-endpoint",
    }  # fmt: skip
    assert kubeflow - vertex == set()
    tasks = {runner: compiled[runner].spec["root"]["dag"]["tasks"] for runner in RUNNERS}
    uncached = {name for name, task in tasks["kubeflow"].items() if "cachingOptions" not in task}
    assert uncached == {"JudgementExampleGen", "CatalogueExampleGen"}
    cached = {name for name, task in tasks["vertex"].items() if task.get("cachingOptions") == {"enableCache": True}}
    assert cached == kubeflow | {"Pusher-vertex-endpoint"}


def test_the_catalogue_run_has_a_name_of_its_own_and_reads_the_note_of_the_whole_run() -> None:
    whole, refresh = (compile_pipeline(run_settings(), "kubeflow", kind) for kind in ("run", "refresh"))
    assert (whole.name, refresh.name) == ("sample", "sample-refresh")
    tasks = refresh.spec["root"]["dag"]["tasks"]
    uncached = {name for name, task in tasks.items() if "cachingOptions" not in task}
    assert uncached == {"CatalogueExampleGen", "BlessedRun"}
    notes = {
        (name, task["inputs"]["parameters"]["note"]["runtimeValue"]["constant"])
        for compiled in (whole, refresh)
        for name, task in compiled.spec["root"]["dag"]["tasks"].items()
        if "note" in task.get("inputs", {}).get("parameters", {})
    }
    note = "gs://bucket/vitrine/blessed/sample.json"
    assert notes == {("NoteBlessedRun", note), ("BlessedRun", note)}


def test_nodes_can_run_their_beam_pipelines_on_another_runner() -> None:
    dataflow = "{project: shop, image: 'example/beam:1', temp: 'gs://bucket/temp', max_workers: 20}"
    compiled = compile_pipeline(run_settings("beam.runner=dataflow", f"beam.dataflow={dataflow}"), "vertex")
    beam = {
        name: container["args"]
        for name, container in containers(compiled).items()
        if "--runner=DataflowRunner" in container["args"]
    }
    assert {"JudgementExampleGen", "CatalogueStatisticsGen", "EmbeddingGen", "Transform", "Evaluator"} <= set(beam)
    assert all("--sdk_container_image=example/beam:1" in arguments for arguments in beam.values())
    parameters = compiled.spec["root"]["dag"]["tasks"]["EmbeddingGen"]["inputs"]["parameters"]
    assert json.loads(parameters["settings"]["runtimeValue"]["constant"])["shards"] == 20  # one for each worker


def test_the_cache_can_be_turned_off() -> None:
    spec = compile_pipeline(run_settings("platform.cache=false"), "kubeflow").spec
    assert not any("cachingOptions" in task for task in spec["root"]["dag"]["tasks"].values())


def test_the_endpoint_gets_the_blessed_search_model(compiled: dict[Runner, CompiledPipeline]) -> None:
    task = compiled["vertex"].spec["root"]["dag"]["tasks"]["Pusher-vertex-endpoint"]
    inputs = {key: value["taskOutputArtifact"]["producerTask"] for key, value in task["inputs"]["artifacts"].items()}
    assert inputs == {"model": "SearchModelGen", "model_blessing": "RetrievalEvaluator"}
    custom = json.loads(task["inputs"]["parameters"]["custom_config"]["runtimeValue"]["constant"])
    assert custom["ai_platform_vertex_container_image_uri"] == "registry.example/serving:1"
    assert custom["ai_platform_serving_args"] == {
        "project_id": "shop", "endpoint_name": "product-search", "machine_type": "n1-standard-4",
        "traffic_percentage": 100,
    }  # fmt: skip


def test_labels_for_kubeflow_need_yaml(compiled: dict[Runner, CompiledPipeline], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Kubeflow takes labels from YAML only; name it k\.yaml"):
        compiled["kubeflow"].write(tmp_path / "k.json", "kubeflow")
    with pytest.raises(ConfigError, match=r"expected a name that ends with \.json or \.yaml"):
        compiled["vertex"].write(tmp_path / "v.txt", "vertex")


def test_an_unknown_node_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"^platform\.resources\.ClipTrainr: no such node; known are default, Anomal"):
        compile_pipeline(run_settings("platform.resources.ClipTrainr={cpu: 2}"), "vertex")


def test_kubeflow_reads_files_without_the_driver(tiny_data: Path, tmp_path: Path) -> None:
    spec = compile_pipeline(run_settings(f"data.dir={tiny_data}"), "kubeflow").spec
    run = SpecRunner(spec, tmp_path, {"data-dir": str(tiny_data)}, driver=False)
    run.run_task("JudgementExampleGen")
    examples = run.artifacts["JudgementExampleGen"]["examples"]
    assert json.loads(examples["metadata"]["split_names"]) == ["train", "eval"]
    ids = read_columns(f"{examples['uri']}/Split-eval/*", ("query_id", "product_id"))
    with (tiny_data / "judgements" / "eval" / "judgements.csv").open(encoding="utf-8") as file:
        assert ids.num_rows == sum(1 for _ in file) - 1
