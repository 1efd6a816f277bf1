import sys
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.late_workers import terminate_late_workers
from pipelines.beam.settings import BeamSettings, MultiProcessSettings


@pytest.fixture
def _late_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delay the worker process that is started first."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nmkdir {tmp_path}/first 2>/dev/null && sleep 8\nexec {sys.executable} "$@"\n')
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))


@pytest.mark.usefixtures("_late_worker")
def test_a_pipeline_ends_although_a_worker_registers_late() -> None:
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
