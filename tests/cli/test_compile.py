from pathlib import Path

from click.testing import CliRunner, Result

from cli.main import cli
from vitrine.errors import ConfigError

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"


def compile_with(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["compile", "--config", str(CONFIG), *arguments])


def test_what_is_missing_is_said_before_anything_is_loaded() -> None:
    result = compile_with("--runner", "vertex")
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith("platform.image: missing; give it in the file or as --set platform.image=")


def test_a_runner_must_be_one_that_there_is() -> None:
    result = compile_with("--runner", "airflow")
    assert result.exit_code == 2
    assert "'airflow' is not one of 'kubeflow', 'vertex'" in result.output
