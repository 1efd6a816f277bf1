"""The local runner: LocalDagRunner and a sqlite metadata store."""

from pathlib import Path

from tfx import v1 as tfx
from tfx.orchestration.metadata import sqlite_metadata_connection_config

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.late_workers import terminate_late_workers
from pipelines.metadata.pushes import mark_missing_pushes_deleted
from pipelines.metadata.relocation import update_moved_uris
from pipelines.peak_memory import PeakMemory
from pipelines.pipeline import create_pipeline
from pipelines.released_memory import ReleasedMemory
from pipelines.run_directory import RunDirectory
from pipelines.settings import RunSettings


def build(settings: RunSettings, directory: RunDirectory) -> tfx.dsl.Pipeline:
    """Return the pipeline with all outputs below `directory.output`, and absolute paths of its data."""
    absolute = {"dir": _absolute(settings.data.dir), "image_root": _absolute(settings.data.images)}
    data = settings.data.model_copy(update=absolute)
    tracking = settings.trainer.tracking
    if not tracking.tracking_uri:
        tracking = tracking.model_copy(update={"tracking_uri": directory.tracking})
    trainer = settings.trainer.model_copy(update={"tracking": tracking})
    return create_pipeline(
        settings.model_copy(update={"data": data, "trainer": trainer}),
        root=str(directory.artifacts.resolve()),
        serving=str(directory.serving.resolve()),
        metadata=sqlite_metadata_connection_config(str(directory.metadata.resolve())),
        beam_arguments=beam_arguments(settings.beam),
    )


def run(pipeline: tfx.dsl.Pipeline, directory: RunDirectory) -> None:
    """Run the pipeline. Raises what a node raises."""
    update_moved_uris(directory.metadata, directory.artifacts)
    mark_missing_pushes_deleted(directory.metadata)
    with ReleasedMemory(), PeakMemory(directory.memory), terminate_late_workers():
        tfx.orchestration.LocalDagRunner().run(pipeline)


def _absolute(path: str) -> str:
    return path if "://" in path else str(Path(path).resolve())
