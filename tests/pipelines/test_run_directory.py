import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.late_workers import terminate_late_workers
from pipelines.beam.settings import BeamSettings
from pipelines.run_directory import RunDirectory, exclusive, plain_error, scratch
from vitrine.errors import AnomalyError, ConfigError, DataError


def test_everything_of_a_run_is_below_its_directory(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "runs" / "shop")
    paths = (
        directory.artifacts,
        directory.metadata,
        directory.serving,
        directory.log,
        directory.of_cycle(3).log,
    )
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "runs/shop/artifacts",
        "runs/shop/metadata.db",
        "runs/shop/serving",
        "runs/shop/run.log",
        "runs/shop/cycles/3/run.log",
    ]


@pytest.mark.parametrize("name", ["run [2]", "a*", "what?"])
def test_a_directory_that_tfx_takes_for_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(ConfigError, match=r"TFX takes the . of a path for a pattern; set an --output"),
        exclusive(tmp_path / name),
    ):
        pass
    assert not (tmp_path / name).exists()


def test_one_run_at_a_time_has_the_directory(tmp_path: Path) -> None:
    output = tmp_path / "runs" / "shop"
    with exclusive(output):
        with pytest.raises(ConfigError) as refused, exclusive(output):
            pass
        assert str(refused.value) == (f"{output}: another run is using this directory; wait for it, or set --output")
        with exclusive(tmp_path / "runs" / "other"):
            pass
    with exclusive(output):  # free again
        pass


def test_a_failed_run_frees_the_directory(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), exclusive(tmp_path):
        raise RuntimeError
    with exclusive(tmp_path):
        pass


def test_an_output_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(ConfigError) as refused, exclusive(file):
        pass
    assert str(refused.value) == f"{file}: not a directory that can be written to: File exists; set another --output"
    assert file.read_text() == "mine"


def test_temporary_files_of_a_run_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    before = tempfile.gettempdir()
    with scratch():
        temporary = Path(tempfile.mkdtemp())
        assert os.environ["TMPDIR"] == str(temporary.parent) == tempfile.gettempdir()
    assert not temporary.exists()
    assert tempfile.gettempdir() == before
    assert "TMPDIR" not in os.environ


def test_no_variable_names_a_folder_that_was_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    with scratch():
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp()
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/metrics")
    with scratch():
        pass
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == "/metrics"


def caught(run: Callable[[], None]) -> BaseException:
    with pytest.raises(Exception) as info:  # noqa: PT011 - the type is that of any wrapper
        run()
    return info.value


def test_our_error_is_found_under_what_wraps_it() -> None:
    def run() -> None:
        try:
            raise AnomalyError("two anomalies")
        except AnomalyError as error:
            raise RuntimeError("node AnomalyGate failed") from error

    error = plain_error(caught(run))
    assert type(error) is AnomalyError
    assert str(error) == "two anomalies"


def test_our_error_is_found_as_the_context_of_another() -> None:
    def run() -> None:
        try:
            raise DataError("a.csv:3")
        except DataError:
            raise OSError("disk full") from None

    assert str(plain_error(caught(run))) == "a.csv:3"


def test_other_errors_are_not_translated() -> None:
    assert plain_error(ValueError("a bug")) is None


@pytest.mark.parametrize("runner", ["direct", "multi"])
def test_beam_adds_nothing_to_our_message(runner: Literal["direct", "multi"], caplog: pytest.LogCaptureFixture) -> None:
    class Refuse(beam.DoFn):
        def process(self, element: int):
            raise DataError(f"row {element}: not a number [see the contract]")

    def run() -> None:
        options = PipelineOptions(beam_arguments(BeamSettings(runner=runner)))
        with terminate_late_workers(), beam.Pipeline(options=options) as pipeline:
            _ = pipeline | beam.Create([7]) | beam.ParDo(Refuse())

    caplog.set_level(logging.INFO)
    error = plain_error(caught(run))
    assert type(error) is DataError
    assert str(error) == "row 7: not a number [see the contract]"
    assert "prism" not in caplog.text.lower()  # which Beam would download
