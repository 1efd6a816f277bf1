import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from tests.pipelines.metadata.stores import Metadata
from vitrine.errors import ConfigError, DataError


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    Metadata(tmp_path / "shop" / "metadata.db").push("run-1", "7")
    return tmp_path / "shop"


def lineage(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["lineage", *map(str, arguments)])


def test_the_summary_is_printed_before_the_tree(run: Path) -> None:
    result = lineage("--version", 7, "--output", run)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("pushed ")
    assert "code        ClipTrainer c11f, EmbeddingGen e3be, Trainer 7a1e" in [line.rstrip() for line in lines]
    assert lines[lines.index("product_search 7") + 1].startswith("└── pushed_model PushedModel #")


def test_a_folder_of_runs_is_searched_for_the_version(run: Path) -> None:
    assert lineage("--version", 7, "--output", run.parent).output == lineage("--version", 7, "--output", run).output


def test_json_has_all_executions(run: Path) -> None:
    printed = json.loads(lineage("--version", 7, "--output", run, "--json").output)
    assert (printed["model"], printed["version"], printed["code"]["Trainer"]) == ("product_search", "7", "7a1e")
    assert len(printed["executions"]) == 7


def test_the_graph_is_written(run: Path, tmp_path: Path) -> None:
    assert lineage("--version", 7, "--output", run, "--graph", tmp_path / "lineage.svg").exit_code == 0
    assert "EmbeddingGen #" in (tmp_path / "lineage.svg").read_text()


def test_an_unknown_version_names_those_that_are_known(run: Path) -> None:
    result = lineage("--version", 8, "--output", run)
    assert isinstance(result.exception, DataError)
    assert str(result.exception).endswith(f"pushed were {run}: product_search 7")


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("lineage.gif", r"--graph .*lineage\.gif: the suffix must be one of \.svg, \.png, \.pdf"),
        ("none/a.svg", "cannot be written: No"),
    ],
)
def test_a_graph_that_cannot_be_drawn_is_an_error(run: Path, file: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CliRunner().invoke(
            cli, ["lineage", "--version", "7", "--output", str(run), "--graph", str(run / file)], catch_exceptions=False
        )
