import json
from pathlib import Path

import pytest

from cli.monitor import ALERT
from tests.conftest import Vitrine
from tests.vitrine.monitoring.simulated_log import Traffic, write_log

QUIET = ("--set", "tracking.enabled=false")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("events")
    write_log(directory, Traffic(), 0, 7, 200, seed=1)
    write_log(directory, Traffic(), 7, 7, 200, seed=2)
    write_log(directory, Traffic(no_result=0.5), 14, 7, 200, seed=3)
    return directory


def test_a_quiet_week_ends_with_0(events: Path, tmp_path: Path, vitrine_here: Vitrine) -> None:
    done = vitrine_here("monitor", "--events", events, "--output", tmp_path, "--until", "2026-06-11", *QUIET)
    assert done.returncode == 0, done.stderr
    assert "no alert" in done.stdout
    assert (tmp_path / "report.html").is_file()


def test_an_alert_has_its_own_exit_code(events: Path, tmp_path: Path, vitrine_here: Vitrine) -> None:
    done = vitrine_here("monitor", "--events", events, "--output", tmp_path, "--until", "2026-06-18", "--json", *QUIET)
    assert done.returncode == ALERT == 7
    watch = json.loads(done.stdout)
    assert watch == json.loads((tmp_path / "monitor.json").read_text())
    assert "no_result" in [reason["subject"] for reason in watch["verdict"]["reasons"]]


def test_thresholds_are_settings(events: Path, tmp_path: Path, vitrine_here: Vitrine) -> None:
    wide = ("--set", "distance=0.9")
    done = vitrine_here("monitor", "--events", events, "--output", tmp_path, "--until", "2026-06-18", *QUIET, *wide)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--until", "2020-01-01"), "no searches in"),
        (("--window", "7"), "no duration"),
        (("--since", "never"), "no time"),
        (("--since", "2026-06-01", "--until", "2026-06-02", "--window", "1d"), "two of them"),
        (("--set", "alpha=2"), "alpha"),
        (("--reference", "2026-06-01..2030-01-01"), "overlaps"),
        (("--serving", "nowhere"), "nowhere"),
    ],
)
def test_bad_input_is_one_line(
    events: Path, tmp_path: Path, vitrine_here: Vitrine, arguments: tuple[str, ...], message: str
) -> None:
    done = vitrine_here("monitor", "--events", events, "--output", tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("error:") == 1
