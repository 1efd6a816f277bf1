"""The thin runner: LocalDagRunner and a sqlite metadata store."""

from pathlib import Path

from tfx import v1 as tfx
from tfx.orchestration.metadata import sqlite_metadata_connection_config

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.late_workers import terminate_late_workers
from pipelines.metadata.pushes import forget_missing_pushes
from pipelines.metadata.relocation import follow_move
from pipelines.peak_memory import PeakMemory
from pipelines.pipeline import create_pipeline
from pipelines.run_directory import RunDirectory
from pipelines.settings import RunSettings


def build(config: RunSettings, directory: RunDirectory) -> tfx.dsl.Pipeline:
    """Return the pipeline with everything below `directory.output`, its data named by absolute paths."""
    places_of_data = {"dir": _absolute(config.data.dir), "image_root": _absolute(config.data.images)}
    data = config.data.model_copy(update=places_of_data)
    tracking = config.trainer.tracking
    if not tracking.tracking_uri:
        tracking = tracking.model_copy(update={"tracking_uri": directory.tracking})
    trainer = config.trainer.model_copy(update={"tracking": tracking})
    return create_pipeline(
        config.model_copy(update={"data": data, "trainer": trainer}),
        root=str(directory.artifacts.resolve()),
        serving=str(directory.serving.resolve()),
        metadata=sqlite_metadata_connection_config(str(directory.metadata.resolve())),
        beam_arguments=beam_arguments(config.beam),
    )


def run(pipeline: tfx.dsl.Pipeline, directory: RunDirectory) -> None:
    """Run it, raising whatever a node raises."""
    follow_move(directory.metadata, directory.artifacts)
    forget_missing_pushes(directory.metadata)
    with PeakMemory(directory.memory), terminate_late_workers():
        tfx.orchestration.LocalDagRunner().run(pipeline)


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).resolve())
