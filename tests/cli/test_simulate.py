from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from tests.vitrine.clicks.shop import truth, write_data
from vitrine.clicks.reading import read_log
from vitrine.errors import ConfigError

LABELS = truth(10)


def clicks(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["simulate", "clicks", *map(str, arguments)], catch_exceptions=False)


def test_a_log_is_appended_to(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", LABELS)
    for seed in (0, 1):
        done = clicks("--data", data, "--output", tmp_path / "events", "--searches", 50, "--seed", seed)
        assert done.stdout.startswith(f"{tmp_path / 'events'}: 50 searches, ")
    log = read_log(tmp_path / "events")
    assert (len(log.repeated), int(log.repeated.sum())) == (100, 0)


def test_the_help_says_what_each_setting_is() -> None:
    text = clicks("--help").stdout
    assert "--eta" in text
    assert "share of all searches that programs make" in " ".join(text.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give --output"),
        (("--output", "x", "--gateway", "http://127.0.0.1:9"), "give --output"),
        (("--output", "x", "--bots", 2), "bots: 2.0 is not allowed"),
        (("--gateway", "http://127.0.0.1:9", "--key-env", "NOT_SET_HERE"), "this environment variable is not set"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, arguments: tuple[object, ...], message: str) -> None:
    data = write_data(tmp_path, LABELS)
    with pytest.raises(ConfigError, match=message):
        clicks("--data", data, *arguments)
