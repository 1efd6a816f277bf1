"""A training that is recorded: parameters, metrics, files and emissions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vitrine.tracking.emissions import start_emissions
from vitrine.tracking.recorder import Recorder, open_recorder
from vitrine.tracking.settings import TrackingSettings


@contextmanager
def recorded_training(
    settings: TrackingSettings, name: str, tags: Mapping[str, str], directory: Path
) -> Iterator[Recorder]:
    """Record the training of the block, with its emissions and the files that it leaves in `directory`.

    Args:
        settings: store, experiment and country.
        name: the run's name.
        tags: the run's tags, such as lineage ids.
        directory: the folder of the training's files, which is created; the default store is beside it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    recorder = open_recorder(settings, name, tags, directory.parent)
    stop_emissions = start_emissions(settings, directory)
    finished = False
    try:
        yield recorder
        finished = True
    finally:
        recorder.metrics(stop_emissions())
        recorder.files(directory)
        recorder.close(failed=not finished)
