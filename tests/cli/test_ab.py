import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from scipy import stats

from cli.ab import NOT_TRUSTED
from cli.main import cli
from vitrine.errors import ConfigError, DataError
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog
from vitrine.experiments.assignment import Experiment
from vitrine.experiments.interleaving import team_draft

SHARES = {"control": 0.4, "wide": 0.4, "mixed": 0.2}
PRODUCTS = [f"p{number}" for number in range(10)]


def ab(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["ab", "report", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """Simulated users in three arms, and their actions in plain dictionaries."""
    directory = tmp_path_factory.mktemp("population")
    experiment, rng = Experiment(name="rank", shares=SHARES), np.random.default_rng(11)
    searches: dict = defaultdict(lambda: defaultdict(list))  # arm → user → (clicks, reciprocal rank)
    wins, latencies, request = [0, 0, 0], defaultdict(list), 0
    with EventLog(directory, batch=50) as log:
        for number in range(2000):
            user = f"user {number}"
            arm, taste = experiment.arm(user), rng.beta(2, 4)
            for _ in range(1 + rng.poisson(2)):
                request += 1
                shown, teams = PRODUCTS, []
                if arm == "mixed":
                    shown, teams = team_draft(PRODUCTS, PRODUCTS[::-1], ("control", "wide"), 10, f"r{request}")
                latencies[arm].append(rng.gamma(2, 10))
                log.put(
                    SearchEvent(
                        time=1e9 + request, request_id=f"r{request}", user=user, experiment="rank", arm=arm,
                        teams=teams, total=10, product_ids=shown, scores=[0.5] * 10, latency_ms=latencies[arm][-1],
                    )
                )  # fmt: skip
                positions = np.flatnonzero(rng.random(10) < taste * (0.36 if arm == "wide" else 0.3))
                for position in rng.permutation(positions).tolist():
                    log.put(
                        FeedbackEvent(time=1e9 + request + 0.1, request_id=f"r{request}", product_id=shown[position])
                    )
                first = 1 / (positions[0] + 1) if positions.size else 0.0  # all at one time: the best position counts
                searches[arm][user].append((positions.size, first))
                credit = sum(
                    (teams[position] == "wide") - (teams[position] == "control") for position in positions if teams
                )
                if teams and positions.size:
                    wins[int(np.sign(credit))] += 1
    assert log.counts.dropped == 0
    return directory, {"searches": searches, "wins": wins, "latencies": latencies}


def shares() -> str:
    return ",".join(f"{arm}={share}" for arm, share in SHARES.items())


def test_a_report_agrees_with_a_computation_of_its_own(population: tuple[Path, dict]) -> None:
    directory, truth = population
    result = ab("--events", directory, "--a", "control", "--b", "wide", "--shares", shares(), "--json")
    assert result.exit_code == 0
    report = json.loads(result.output)
    by_arm = {arm["name"]: arm for arm in report["arms"]}
    for arm, users in truth["searches"].items():
        assert by_arm[arm]["users"] == len(users)
        assert by_arm[arm]["searches"] == sum(map(len, users.values()))
        assert by_arm[arm]["latency_p95_ms"] == pytest.approx(np.percentile(truth["latencies"][arm], 95))
    counts = [len(truth["searches"][arm]) for arm in SHARES]
    expected = [share * sum(counts) for share in SHARES.values()]
    assert report["sample_ratio"]["p_value"] == pytest.approx(stats.chisquare(counts, expected).pvalue)
    for index, name in enumerate(["clicks per search", "MRR of the first click"]):
        (metric,) = [metric for metric in report["metrics"] if metric["name"] == name]
        values, variances = [], []
        for arm in ("control", "wide"):
            users = truth["searches"][arm].values()
            x = np.array([sum(search[index] for search in searches) for searches in users], float)
            y = np.array([len(searches) for searches in users], float)
            cov, r = np.cov(x, y), x.sum() / y.sum()
            values.append(r)
            variances.append((cov[0, 0] - 2 * r * cov[0, 1] + r**2 * cov[1, 1]) / y.mean() ** 2 / len(x))
        z = (values[1] - values[0]) / sum(variances) ** 0.5
        assert (metric["a"], metric["b"]) == pytest.approx(tuple(values))
        assert stats.norm.isf(metric["p_value"] / 2) == pytest.approx(abs(z), rel=0.01)
        assert metric["high"] - metric["low"] == pytest.approx(2 * 1.96 * sum(variances) ** 0.5, rel=0.01)
    interleaving, (ties, second, first) = report["interleaving"], truth["wins"]
    assert (interleaving["wins_a"], interleaving["wins_b"], interleaving["ties"]) == (first, second, ties)
    assert interleaving["delta"] == pytest.approx((second + ties / 2) / (first + second + ties) - 0.5)


def test_the_report_is_printed_as_tables_and_sentences(population: tuple[Path, dict]) -> None:
    result = ab("--events", population[0], "--a", "control", "--b", "wide", "--shares", shares())
    assert result.exit_code == 0
    assert "Users are split as configured: p = " in result.output
    assert "│ clicks per search        │" in result.output
    assert "more clicks per search than control (95% interval" in result.output


def test_a_mismatch_has_an_exit_code_of_its_own(population: tuple[Path, dict]) -> None:
    for arguments in [(), ("--json",)]:
        result = ab("--events", population[0], "--a", "control", "--b", "wide", *arguments)
        assert result.exit_code == NOT_TRUSTED == 5
        assert "DO NOT TRUST THIS RESULT" in result.output


def test_names_are_printed_as_they_are(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for user, arm in enumerate(["[red]a", "[/b]"]):
            log.put(SearchEvent(time=1e9, request_id=arm, user=str(user), experiment="[x]", arm=arm))
    output = ab("--events", tmp_path).output
    assert output.startswith("[x]")
    assert "[red]a" in output
    assert "No difference shown between [/b] and [red]a." in output


def test_times_are_utc(population: tuple[Path, dict]) -> None:
    arguments = ("--events", population[0], "--a", "control", "--b", "wide", "--json")
    since = json.loads(ab(*arguments, "--since", "2001-09-09T01:46:41", "--until", "2001-09-09T01:56:40").output)
    assert sum(arm["searches"] for arm in since["arms"]) == 599  # from 1e9 + 1 s to 1e9 + 600 s
    with pytest.raises(DataError, match="no searches there in that time"):
        ab(*arguments, "--since", "2031-01-01")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--a", "control"], "--a and --b: give both, or neither"),
        (["--shares", "a=0.5,b=0.6"], "--shares 'a=0.5,b=0.6': the shares of the arms sum to 1.1, not to 1"),
        (["--shares", "a"], "--shares 'a': could not convert string to float: 'a'; an example is a=0.5,b=0.5"),
    ],
)
def test_arguments_that_make_no_sense_are_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ab("--events", tmp_path, *arguments)
    assert str(caught.value).startswith(message)


def test_an_unknown_experiment_names_the_known_ones(population: tuple[Path, dict]) -> None:
    with pytest.raises(DataError, match="no experiment 'x' there, but rank"):
        ab("--events", population[0], "--experiment", "x")


def test_help_names_the_exit_codes() -> None:
    output = " ".join(ab("--help").output.split())
    assert "0 success; 2 nothing to report; 5 the report must not be trusted" in output
