import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from tests.vitrine.clicks.shop import truth, write_data
from vitrine.errors import ConfigError, DataError

LABELS = truth(40)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data folder in which people have judged half of the queries, and an event log of all of them."""
    root = tmp_path_factory.mktemp("shop")
    everything = write_data(root / "everything", LABELS)
    options = "--searches", 4000, "--swaps", 0.5, "--users", 200, "--json"
    done = run("simulate", "clicks", "--data", everything, "--output", root / "events", *options)
    assert json.loads(done.stdout) == {
        "searches": 4000, "feedback": json.loads(done.stdout)["feedback"], "at": str(root / "events"),
    }  # fmt: skip
    judged = set(sorted(LABELS)[::2])
    return write_data(root / "data", LABELS, judged), root / "events"


def test_judgements_become_the_next_span_of_the_data(shop: tuple[Path, Path]) -> None:
    data, events = shop
    learned = json.loads(run("learn", "--events", events, "--data", data, "--json").stdout)
    assert learned["output"] == str(data / "judgements")
    assert sum(learned["written"]["train"].values()) > 50
    assert (data / "judgements" / "span-1" / "train" / "judgements.csv").is_file()
    assert json.loads((data / "judgements" / "span-1" / "learned.json").read_text()) == learned


def test_the_report_is_readable(shop: tuple[Path, Path], tmp_path: Path) -> None:
    done = run("learn", "--events", shop[1], "--output", tmp_path)
    assert "# Judgements from clicks" in done.stdout
    assert f"{tmp_path / 'judgements'}: written" in done.stdout


def test_settings_come_from_a_file_and_from_the_command_line(shop: tuple[Path, Path], tmp_path: Path) -> None:
    config = tmp_path / "learn.yaml"
    config.write_text("model: {candidates: [cascade]}\nfilters: {own_users: ['u*']}\n")
    arguments = "learn", "--events", shop[1], "--output", tmp_path / "out", "--config", config
    with pytest.raises(DataError, match="own tests"):
        run(*arguments)
    learned = json.loads(run(*arguments, "--set", "filters.own_users=[]", "--json").stdout)
    assert learned["model"]["chosen"] == "cascade"


def test_a_time_without_searches_is_an_error(shop: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no searches there"):
        run("learn", "--events", shop[1], "--output", tmp_path, "--since", "2100-01-01")


def test_an_unknown_setting_is_named(shop: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"relevance\.half_life: unknown key"):
        run("learn", "--events", shop[1], "--output", tmp_path, "--set", "relevance.half_life=3")
    with pytest.raises(ConfigError, match="--output"):
        run("learn", "--events", shop[1])
