from pathlib import Path

from click.testing import CliRunner

from cli.main import cli
from tests.vitrine.gateway.conftest import push_shop


def test_the_ranking_model_is_written_beside_the_search_model(tmp_path: Path) -> None:
    serving = push_shop(tmp_path, {})
    result = CliRunner().invoke(cli, ["export", "--serving", str(serving)])
    assert result.exit_code == 0, result.output
    assert (serving / "product_ranking" / "1" / "saved_model.pb").is_file()
    assert "product_ranking/1: the ranking model of version 1" in result.output


def test_a_directory_without_a_model_is_reported(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["export", "--serving", str(tmp_path)])
    assert result.exit_code == 1
    assert "no version of product_search was pushed" in str(result.exception)
