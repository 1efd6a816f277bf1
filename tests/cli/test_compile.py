from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from tests.pipelines.platforms.specs import SETTINGS
from vitrine.errors import ConfigError

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"


def compile_with(*arguments: str, command: str = "compile") -> Result:
    return CliRunner().invoke(cli, [command, "--config", str(CONFIG), *arguments])


def test_missing_settings_are_an_error_before_anything_is_loaded() -> None:
    result = compile_with("--runner", "vertex")
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith("platform.image: missing; set it in the file or with --set platform.image=")


def test_a_runner_must_be_one_that_there_is() -> None:
    result = compile_with("--runner", "airflow")
    assert result.exit_code == 2
    assert "'airflow' is not one of 'kubeflow', 'vertex'" in result.output


@pytest.mark.parametrize("command", ["compile", "submit"])
def test_the_beam_runner_is_checked_before_anything_is_loaded(command: str) -> None:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    result = compile_with(*settings, "--runner", "vertex", "--beam-runner", "flink", command=command)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith("beam.flink.job_server: missing; set it")
