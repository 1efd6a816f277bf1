import sys
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.late_workers import terminate_late_workers
from pipelines.beam.settings import BeamSettings, MultiProcessSettings


@pytest.fixture
def _one_dawdles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the worker processes, the one that is started first takes its time."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nmkdir {tmp_path}/first 2>/dev/null && sleep 8\nexec {sys.executable} "$@"\n')
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))


@pytest.mark.usefixtures("_one_dawdles")
def test_a_pipeline_ends_where_a_worker_comes_when_the_work_is_done() -> None:
    class Refuse(beam.DoFn):
        def process(self, element: int) -> None:
            raise ValueError("no")

    options = PipelineOptions(beam_arguments(BeamSettings(runner="multi", multi=MultiProcessSettings(workers=2))))
    with (
        pytest.raises(Exception, match="ValueError: no"),
        terminate_late_workers(),
        beam.Pipeline(options=options) as p,
    ):
        _ = p | beam.Create([1]) | beam.ParDo(Refuse())
