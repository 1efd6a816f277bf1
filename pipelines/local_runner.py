"""The thin runner: LocalDagRunner and a sqlite metadata store."""

from pathlib import Path

from tfx import v1 as tfx
from tfx.orchestration.metadata import sqlite_metadata_connection_config

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.late_workers import late_workers_sent_home
from pipelines.metadata.pushes import forget_missing_pushes
from pipelines.metadata.relocation import follow_move
from pipelines.peak_memory import PeakMemory
from pipelines.pipeline import create_pipeline
from pipelines.run_directory import Places
from pipelines.settings import Config


def build(config: Config, places: Places) -> tfx.dsl.Pipeline:
    """Return the pipeline with everything below `places.output`, its data named by absolute paths."""
    places_of_data = {"dir": _absolute(config.data.dir), "image_root": _absolute(config.data.images)}
    data = config.data.model_copy(update=places_of_data)
    tracking = config.trainer.tracking
    if not tracking.tracking_uri:
        tracking = tracking.model_copy(update={"tracking_uri": places.tracking})
    trainer = config.trainer.model_copy(update={"tracking": tracking})
    return create_pipeline(
        config.model_copy(update={"data": data, "trainer": trainer}),
        root=str(places.artifacts.resolve()),
        serving=str(places.serving.resolve()),
        metadata=sqlite_metadata_connection_config(str(places.metadata.resolve())),
        beam_arguments=beam_arguments(config.beam),
    )


def run(pipeline: tfx.dsl.Pipeline, places: Places) -> None:
    """Run it, raising whatever a node raises."""
    follow_move(places.metadata, places.artifacts)
    forget_missing_pushes(places.metadata)
    with PeakMemory(places.memory), late_workers_sent_home():
        tfx.orchestration.LocalDagRunner().run(pipeline)


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).resolve())
