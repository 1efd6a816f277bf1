import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from vitrine.errors import DataError

MARKDOWN = "# Run `shop`: pushed\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "report.md").write_text(MARKDOWN, encoding="utf-8")
    (tmp_path / "report.json").write_text('{"status": "pushed"}\n', encoding="utf-8")
    return tmp_path


def report(*arguments: object) -> str:
    return CliRunner().invoke(cli, ["report", *map(str, arguments)], catch_exceptions=False).output


def test_into_a_pipe_the_report_goes_as_it_is(run: Path) -> None:
    assert report("--run", run) == MARKDOWN


def test_json_is_for_programs(run: Path) -> None:
    assert json.loads(report("--run", run, "--json")) == {"status": "pushed"}


def test_a_run_that_has_not_ended_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"report\.md: no report there; `vitrine run` writes one when it ends"):
        report("--run", tmp_path)
    with pytest.raises(DataError, match=r"report\.json: no report there"):
        report("--run", tmp_path, "--json")
