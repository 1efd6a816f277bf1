import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from cli.main import cli
from pipelines.loop.journal import Journal, Seen
from vitrine.data.contract.spans import local_files
from vitrine.errors import ConfigError, DataError, VitrineError
from vitrine.files.locking import exclusive


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A loop whose run has never pushed a model."""
    (tmp_path / "data").mkdir()
    write(tmp_path / "shop.yaml", {"data": {"dir": str(tmp_path / "data"), "spans": "last 30"}})
    write(tmp_path / "loop.yaml", {"run": str(tmp_path / "shop.yaml"), "output": str(tmp_path / "run")})
    return tmp_path / "loop.yaml"


def write(path: Path, settings: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


def vitrine(*arguments: object) -> str:
    result = CliRunner().invoke(cli, ["loop", *map(str, arguments)])
    if isinstance(result.exception, VitrineError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def journal(config: Path) -> Journal:
    return Journal(config.parent / "run" / "loop.db")


def test_the_status_of_a_loop_that_has_not_begun(config: Path) -> None:
    assert vitrine("status", "--config", config).startswith("no cycle has begun yet\n")
    assert json.loads(vitrine("status", "--config", config, "--json")) == {"cycle": None, "decisions": []}


def test_the_status_has_the_cycle_and_the_newest_decisions(config: Path) -> None:
    cycle = journal(config).begin("run", Seen(("1",)), ["500 new judged pairs"], {})
    journal(config).move(cycle, "comparing", "version 7 is pushed", version=7, run_id="2026-11-30T10:00:00.000001")
    printed = vitrine("status", "--config", config, "--history", 1)
    assert printed.startswith("cycle 1 (run), version 7, run 2026-11-30T10:00:00.000001: comparing; it began 20")
    assert printed.count("2026-11-30T10:00:00.000001") == 2
    assert "version 7 is pushed" in printed
    assert "500 new judged pairs" not in printed
    status = json.loads(vitrine("status", "--config", config, "--json"))
    assert status["cycle"]["seen"] == {"judgements": ["1"], "catalogue": []}
    assert [decision["decision"] for decision in status["decisions"]] == ["comparing", "begin"]
    assert {decision["run_id"] for decision in status["decisions"]} == {"2026-11-30T10:00:00.000001"}


def test_a_request_waits_for_the_next_pass(config: Path) -> None:
    vitrine("request", "--config", config, "--reason", "new code")
    assert journal(config).requested("cycle") == "new code"


def test_a_bad_span_is_left_out_and_the_journal_knows_why(config: Path) -> None:
    judgements = config.parent / "data" / "judgements"
    (judgements / "span-5" / "train").mkdir(parents=True)
    (judgements / "span-5" / "train" / "judgements.csv").write_text("query\n")
    printed = vitrine("leave-out", "--config", config, "--span", 5, "--reason", "bots")
    assert "left-out-5: no window has it" in printed
    assert local_files(config.parent / "data", "judgements/*/*.csv") == {}
    assert (judgements / "left-out-5" / "train" / "judgements.csv").is_file()
    (decision,) = journal(config).decisions(5)
    assert (decision.decision, decision.reason) == ("leave out", "judgements of span 5: bots")
    with pytest.raises(DataError, match="no such span; there are none"):
        vitrine("leave-out", "--config", config, "--span", 5, "--reason", "bots")


def test_only_what_waits_for_it_can_be_approved(config: Path) -> None:
    with pytest.raises(ConfigError, match="nothing waits for an approval: no cycle has begun yet"):
        vitrine("approve", "--config", config)
    cycle = journal(config).begin("run", Seen(), ["age"], {})
    journal(config).move(cycle, "awaiting approval", "not worse", version=7)
    assert vitrine("approve", "--config", config) == "the next pass makes stable version 7\n"
    assert vitrine("approve", "--config", config, "--reject") == "the next pass rolls back version 7\n"
    assert journal(config).requested("approve") == "looked at"
    assert journal(config).requested("reject") == "looked at"


def test_a_pass_needs_a_first_version(config: Path) -> None:
    with pytest.raises(DataError, match=r"run: no version was pushed yet; `vitrine run --config .*shop.yaml` makes"):
        vitrine("run", "--config", config)


def test_two_loops_exclude_each_other(config: Path) -> None:
    with (
        exclusive(journal(config).path),
        pytest.raises(ConfigError, match=r"loop\.db: another loop is running with this journal"),
    ):
        vitrine("run", "--config", config)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("triggers={judgements: null, catalogue: false, age_days: null}", "triggers: all are off"),
        ("learn={clicks: 10}", "events: missing, and learn reads the gateway's log.directory"),
        ("release={model_config_file: a, canary: {}}", "events: missing, and release.canary reads"),
        ("gate.tolerance=-1", "gate.tolerance: -1 is not allowed"),
        ("webhook.url_env=NOT_SET", "webhook.url_env: the environment variable NOT_SET is not set"),
    ],
)
def test_settings_that_cannot_work_are_named(config: Path, assignment: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        vitrine("run", "--config", config, "--set", assignment)
    assert message in str(error.value)


def test_a_run_without_spans_cannot_be_looped(config: Path) -> None:
    write(config.parent / "shop.yaml", {"data": {"dir": str(config.parent)}})
    with pytest.raises(ConfigError, match=r"shop\.yaml: data\.spans: missing; the loop follows spans"):
        vitrine("run", "--config", config)
