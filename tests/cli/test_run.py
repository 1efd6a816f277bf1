from pathlib import Path

import pytest


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    path = tmp_path / "shop.yaml"
    path.write_text(f"data:\n  dir: {tmp_path / 'data'}\n", encoding="utf-8")
    return path


def refused(done) -> str:
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


def test_an_unknown_key_is_one_line_naming_the_known_ones(vitrine, config: Path) -> None:
    line = refused(vitrine("run", "--config", config, "--set", "trainer.epoch=5"))
    assert line.startswith(f"error: {config}: trainer.epoch: unknown key; known here: batch_size, ")


def test_a_bad_value_is_one_line_saying_what_is_allowed(vitrine, config: Path) -> None:
    line = refused(vitrine("run", "--config", config, "--set", "search.index=annoy"))
    assert line == (f"error: {config}: search.index: 'annoy' is not allowed: Input should be 'auto', 'exact' or 'ivf'")


def test_a_missing_configuration_is_one_line(vitrine) -> None:
    line = refused(vitrine("run", "--config", "configs/none.yaml"))
    assert line == (
        "error: configs/none.yaml: No such file or directory; configurations that come with Vitrine are in configs/"
    )


def test_missing_data_fails_at_once_with_the_commands_that_make_it(vitrine, config: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    done = vitrine("run", "--config", config, "--set", "data.dir=nowhere", "--output", output)
    assert refused(done) == (
        "error: data.dir nowhere: no such folder; `vitrine sample --output nowhere` makes one, and `vitrine prepare` "
        "makes one of your data"
    )
    assert not output.exists()


def test_an_output_that_is_a_file_is_one_line(vitrine, config: Path) -> None:
    assert refused(vitrine("run", "--config", config, "--output", config)) == (
        f"error: {config}: not a directory that can be written to: File exists; set another --output"
    )


def test_the_beam_runner_is_a_setting_with_an_option_of_its_own(vitrine, config: Path) -> None:
    arguments = ("run", "--config", config, "--set", "beam.runner=direct", "--beam-runner")
    assert refused(vitrine(*arguments, "spark")) == (
        "error: beam.spark.job_server: missing; set it, such as jobs.example:8099, or beam.spark.master"
    )
    assert refused(
        vitrine(*arguments, "dataflow", "--set", "beam.dataflow={project: p, image: i, temp: 'gs://b'}")
    ) == (
        "error: beam.runner: 'dataflow' has workers that cannot reach this machine's disk, where `vitrine run` keeps "
        "its artifacts; `vitrine submit --runner vertex --beam-runner dataflow` keeps them in a bucket"
    )
