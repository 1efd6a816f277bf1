"""Verdicts on simulated traffic, in a real event log."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.loop.settings import CanarySettings
from pipelines.loop.trial import DAY, Verdict, verdict
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog
from vitrine.experiments.assignment import assign_arm

START = 1_000_000.0


def traffic(
    folder: Path,
    searches: int,
    clicks: tuple[float, float],
    latency: tuple[float, float] = (20, 20),
    failed: int = 0,
    warm: tuple[float, float] = (0, 0),
    knows_cached: bool = True,
    spread: float = 0.2,
    seed: int = 0,
) -> None:
    """Log searches of a user each, clicked with the probability of the user's arm, and failed ones of arm b.

    A share of each arm, `warm`, is answered from the cache, in a tenth of the time.
    """
    generator, cache = np.random.default_rng(seed), np.random.default_rng(1)
    with EventLog(folder, capacity=1_000_000) as log:
        for number in range(searches):
            arm = assign_arm("canary", {"a": 0.5, "b": 0.5}, f"u{number}")
            place = "ab".index(arm)
            cached = bool(cache.random() < warm[place])
            log.put(
                SearchEvent(
                    time=START + number,
                    request_id=f"r{number}",
                    user=f"u{number}",
                    query="mug",
                    experiment="canary",
                    arm=arm,
                    latency_ms=latency[place] * generator.lognormal(0, spread) * (0.1 if cached else 1),
                    cached=cached if knows_cached else None,
                    total=1,
                    product_ids=["p"],
                )
            )
            if generator.random() < clicks[place]:
                log.put(FeedbackEvent(time=START + number, request_id=f"r{number}", user=f"u{number}", product_id="p"))
        for number in range(failed):
            log.put(SearchEvent(time=START, request_id=f"f{number}", user=f"f{number}", query="mug", failed_arm="b"))


def decide(folder: Path, days: float = 1.0, **settings: object) -> Verdict:
    return verdict(folder, CanarySettings(**settings), START, START + days * DAY)


def test_a_version_with_as_many_clicks_is_promoted(tmp_path: Path) -> None:
    traffic(tmp_path, 3000, (0.3, 0.3))
    found = decide(tmp_path)
    assert found.decision == "promote"
    assert "clicks per search" in found.reason
    assert found.figures["searches"] > 1000


def test_a_version_with_fewer_clicks_is_rolled_back(tmp_path: Path) -> None:
    traffic(tmp_path, 3000, (0.4, 0.3))
    found = decide(tmp_path)
    assert found.decision == "roll back"
    assert found.reason.startswith("worse; clicks per search: -0.1")


def test_a_version_that_must_be_better_is_not_promoted_for_being_equal(tmp_path: Path) -> None:
    traffic(tmp_path, 3000, (0.3, 0.3))
    assert decide(tmp_path, needs="better").decision == "roll back"


def test_a_better_version_is_promoted_where_it_must_be_better(tmp_path: Path) -> None:
    traffic(tmp_path, 3000, (0.3, 0.4))
    assert decide(tmp_path, needs="better").decision == "promote"


def test_a_verdict_is_not_taken_before_there_are_enough_searches(tmp_path: Path) -> None:
    traffic(tmp_path, 600, (0.9, 0.1))  # however clear it looks
    found = decide(tmp_path)
    assert found.decision == "wait"
    assert found.reason.endswith("of 1,000 searches")


def test_at_the_end_of_its_days_a_trial_is_decided_by_what_there_is(tmp_path: Path) -> None:
    traffic(tmp_path, 600, (0.3, 0.3))
    assert decide(tmp_path, days=7.1).decision == "promote"
    found = decide(tmp_path, days=7.1, least_searches=400)
    assert found.decision == "roll back"
    assert found.reason.startswith("only ")


def test_a_trial_without_traffic_waits(tmp_path: Path) -> None:
    traffic(tmp_path, 0, (0, 0), failed=1)
    assert decide(tmp_path).decision == "wait"


def test_a_version_that_fails_is_rolled_back_at_once(tmp_path: Path) -> None:
    traffic(tmp_path, 200, (0.3, 0.3), failed=30)
    found = decide(tmp_path)
    assert found.decision == "roll back"
    assert found.reason.startswith("30 of ")


def test_a_few_errors_within_noise_are_allowed(tmp_path: Path) -> None:
    traffic(tmp_path, 3000, (0.3, 0.3), failed=12)
    assert decide(tmp_path).decision == "promote"


def test_a_slow_version_is_rolled_back_at_once(tmp_path: Path) -> None:
    traffic(tmp_path, 400, (0.3, 0.3), latency=(20, 60))
    found = decide(tmp_path)
    assert found.decision == "roll back"
    assert "p95 latency" in found.reason


def test_an_equally_fast_version_stays_though_few_answers_happen_to_be_slow(tmp_path: Path) -> None:
    ratios = []
    for seed in range(12):
        traffic(tmp_path / str(seed), 260, (0.3, 0.3), spread=1.2, seed=seed)
        found = decide(tmp_path / str(seed))
        assert found.decision == "wait"
        ratios.append(found.figures["latency_ratio"])
    assert max(ratios) > 1.5  # more than is allowed, if there were no noise


def test_answers_from_the_cache_that_only_the_stable_version_has_do_not_count_as_latency(tmp_path: Path) -> None:
    traffic(tmp_path, 6000, (0.3, 0.3), warm=(0.96, 0))
    found = decide(tmp_path)
    assert found.decision == "promote"
    assert found.figures["latency_ratio"] == pytest.approx(1, abs=0.15)


def test_a_slow_version_is_rolled_back_though_its_cache_is_warm(tmp_path: Path) -> None:
    traffic(tmp_path, 6000, (0.3, 0.3), latency=(20, 60), warm=(0, 0.96))
    found = decide(tmp_path)
    assert found.decision == "roll back"
    assert "p95 latency of uncached answers" in found.reason


def test_a_latency_of_few_uncached_answers_is_not_judged_and_the_verdict_says_so(tmp_path: Path) -> None:
    traffic(tmp_path, 600, (0.3, 0.3), latency=(20, 60), warm=(0.96, 0))
    found = decide(tmp_path)
    assert found.decision == "wait"
    unjudged = r"latency not judged: arm a has \d\d? and arm b has \d+ of 100 uncached answers"
    assert re.fullmatch(rf"\d+ of 1,000 searches; {unjudged}", found.reason)
    assert found.figures["latency_ratio"] is None
    assert "latency not judged" in decide(tmp_path, days=7.1).reason
    assert decide(tmp_path, latency_answers=5).decision == "roll back"


def test_a_log_that_does_not_say_what_was_cached_has_no_latency_to_judge(tmp_path: Path) -> None:
    traffic(tmp_path, 3000, (0.3, 0.3), latency=(20, 60), knows_cached=False)
    found = decide(tmp_path)
    assert found.decision == "promote"
    assert found.reason.endswith("arm a has 0 and arm b has 0 of 100 uncached answers")


def test_a_program_that_clicks_in_one_arm_does_not_decide(tmp_path: Path) -> None:
    traffic(tmp_path, 3000, (0.3, 0.3))
    arm = assign_arm("canary", {"a": 0.5, "b": 0.5}, "program")
    with EventLog(tmp_path, capacity=1_000_000) as log:
        for number in range(2000):
            request = f"p{number}"
            log.put(
                SearchEvent(
                    time=START,
                    request_id=request,
                    user="program",
                    experiment="canary",
                    arm=arm,
                    latency_ms=20,
                    product_ids=["p"],
                )
            )
            log.put(FeedbackEvent(time=START, request_id=request, user="program", product_id="p"))
    assert decide(tmp_path).figures["gain"] == pytest.approx(0, abs=0.05)


def test_traffic_from_before_the_trial_does_not_count(tmp_path: Path) -> None:
    traffic(tmp_path, 3000, (0.4, 0.1))
    assert verdict(tmp_path, CanarySettings(), START + 5000, START + DAY).decision == "wait"


@pytest.mark.parametrize("seed", range(3))
def test_users_who_are_not_split_as_configured_decide_nothing(tmp_path: Path, seed: int) -> None:
    generator = np.random.default_rng(seed)
    with EventLog(tmp_path, capacity=1_000_000) as log:
        for number in range(4000):
            arm = "b" if generator.random() < 0.4 else "a"
            log.put(
                SearchEvent(
                    time=START, request_id=f"r{number}", user=f"u{number}", experiment="canary", arm=arm, latency_ms=9
                )
            )
    found = decide(tmp_path)
    assert found.decision == "wait"
    assert "DO NOT TRUST" in found.reason
    assert decide(tmp_path, days=8).decision == "roll back"


def test_interleaved_lists_have_no_latency_of_an_arm(tmp_path: Path) -> None:
    shown: dict[str, Any] = {"total": 2, "product_ids": ["p", "q"], "teams": ["a", "b"], "cached": False}
    with EventLog(tmp_path) as log:
        for number in range(200):
            request, user = f"r{number}", f"u{number}"
            event = SearchEvent(time=START, request_id=request, user=user, experiment="canary", latency_ms=9, **shown)
            log.put(event)
            log.put(FeedbackEvent(time=START, request_id=request, user=user, product_id="pq"[number % 2]))
    found = decide(tmp_path, searches=100)
    assert found.decision == "promote"
    assert found.reason.endswith("latency not judged: both arms answer each interleaved search")
