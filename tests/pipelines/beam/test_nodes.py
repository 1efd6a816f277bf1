import pytest
from tfx import v1 as tfx
from tfx.dsl.components.base.base_beam_component import BaseBeamComponent

from pipelines.beam.arguments import beam_arguments
from pipelines.pipeline import create_pipeline
from tests.pipelines.platforms.specs import run_settings
from vitrine.errors import ConfigError

FLINK = ("beam.runner=flink", "beam.flink.job_server=jobs:8099", "beam.flink.worker_pool=localhost:50000")


def beam_arguments_of(pipeline: tfx.dsl.Pipeline) -> dict[str, list[str]]:
    return {
        node.id: node.executor_spec.beam_pipeline_args
        for node in pipeline.components
        if isinstance(node, BaseBeamComponent)
    }


def pipeline(*assignments: str) -> tfx.dsl.Pipeline:
    settings = run_settings(*assignments)
    return create_pipeline(settings, "/runs/shop", "/serving", beam_arguments=beam_arguments(settings.beam))


def test_jobs_have_the_names_of_their_nodes_and_transform_stays_here() -> None:
    arguments = beam_arguments_of(pipeline(*FLINK))
    assert {"CatalogueExampleGen", "EmbeddingGen", "Evaluator", "JudgementStatisticsGen", "Transform"} <= set(arguments)
    for name, own in arguments.items():
        runner = [argument for argument in own if argument.startswith("--runner=")][-1]  # the last one counts
        if name == "Transform":
            assert runner == "--runner=FnApiRunner"
        else:
            assert runner == "--runner=pipelines.beam.flink.runner.SupervisedFlinkRunner"
            assert f"--job_name={name}" in own
            assert "--flink_activity=/runs/shop/encoded" in own


def test_the_nodes_that_stay_can_be_chosen() -> None:
    arguments = beam_arguments_of(pipeline(*FLINK, "beam.flink.local_nodes=[Evaluator]"))
    assert "--job_name=Transform" in arguments["Transform"]
    assert "--runner=FnApiRunner" in arguments["Evaluator"]
    with pytest.raises(ConfigError, match=r"beam\.flink\.local_nodes: 'Trainer' is no node on Beam; these are Cat"):
        pipeline(*FLINK, "beam.flink.local_nodes=[Trainer]")


def test_nodes_of_one_process_have_no_arguments_of_their_own() -> None:
    for own in beam_arguments_of(pipeline()).values():
        assert [argument for argument in own if argument.startswith("--job_name")] == []
