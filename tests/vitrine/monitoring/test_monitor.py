import json
from dataclasses import replace
from pathlib import Path

import pytest
from scipy import stats

from tests.vitrine.monitoring.conftest import QUERIES, Shop
from tests.vitrine.monitoring.simulated_log import START, Traffic, write_log
from vitrine.errors import DataError
from vitrine.monitoring.monitor import Sources, monitor
from vitrine.monitoring.settings import MonitorSettings
from vitrine.monitoring.window import Window

SETTINGS = MonitorSettings(permutations=199)


def test_a_version_that_does_not_exist_is_named(tmp_path: Path, served_shop: Shop) -> None:
    sources = replace(served_shop.sources(tmp_path), version=2)
    with pytest.raises(DataError, match="product_search: no version 2 there; there are 1"):
        sources.served()
    assert replace(sources, version=1).served() == 1


def test_unchanged_searches_raise_no_alert(tmp_path: Path, served_shop: Shop) -> None:
    earlier, week = served_shop.search(tmp_path, 0, seed=1), served_shop.search(tmp_path, 7, seed=2)
    result = monitor(served_shop.sources(tmp_path), week, earlier, SETTINGS)
    assert not result.verdict.alert
    assert result.verdict.reasons == []
    assert (result.current.searches, result.current.users, result.version) == (300, 300, 1)
    assert result.quality.queries <= len(QUERIES)
    assert result.quality.difference.value == 0
    assert result.products.unknown == 0
    assert result.current.unknown_words == pytest.approx(1 / 3, abs=0.1)  # "nice" is in no title
    assert json.loads(result.model_dump_json())["verdict"] == {"drifted": False, "alert": False, "reasons": []}


def test_foreign_queries_raise_alerts(tmp_path: Path, served_shop: Shop) -> None:
    earlier, week = served_shop.search(tmp_path, 0, seed=1), served_shop.search(tmp_path, 7, seed=2, foreign=0.5)
    result = monitor(served_shop.sources(tmp_path), week, earlier, SETTINGS)
    assert result.verdict.drifted
    assert {reason.kind for reason in result.verdict.reasons} >= {"queries", "vectors", "catalogue"}
    assert {reason.subject for reason in result.verdict.reasons} >= {"unknown_words", "language", "query vectors"}
    assert result.vectors.p_value == 1 / 200
    assert result.products.examples == ["gone"]
    assert {each.word for each in result.lists.unknown_words} >= {"zapatos", "rojos", "montaña"}


def test_worse_results_than_the_model_gives_raise_an_alert(tmp_path: Path, served_shop: Shop) -> None:
    earlier, week = served_shop.search(tmp_path, 0, seed=1), served_shop.search(tmp_path, 7, seed=2, worse=True)
    result = monitor(served_shop.sources(tmp_path), week, earlier, SETTINGS)
    assert [reason.kind for reason in result.verdict.reasons] == ["quality"]
    assert result.verdict.drifted
    assert result.quality.shown.high < result.quality.served.low
    assert sum(day.searches for day in result.quality.days) == result.quality.searches == 300


def test_slower_answers_are_an_alert_and_no_drift(tmp_path: Path) -> None:
    earlier = write_log(tmp_path, Traffic(), 0, 7, 300, seed=1)
    week = write_log(tmp_path, Traffic(latency_ms=40), 7, 7, 300, seed=2)
    result = monitor(Sources(tmp_path), week, earlier)
    assert [(reason.kind, reason.subject) for reason in result.verdict.reasons] == [("latency", "latency_ms")]
    assert result.verdict.alert
    assert not result.verdict.drifted


def test_false_alarms_of_repeating_users_are_rare(tmp_path: Path) -> None:
    """Users repeat their searches, which is no drift; with alpha .05 and no threshold, at most one run in 20 alarms."""
    settings = MonitorSettings(alpha=0.05, distance=0.0)
    alarms = 0
    for seed in range(30):
        earlier = write_log(tmp_path / str(seed), Traffic(), 0, 7, 150, seed=2 * seed)
        week = write_log(tmp_path / str(seed), Traffic(), 7, 7, 150, seed=2 * seed + 1)
        alarms += monitor(Sources(tmp_path / str(seed)), week, earlier, settings).verdict.alert
    assert alarms <= stats.binom.ppf(0.999, 30, 0.05)


def test_without_earlier_searches_nothing_is_tested(tmp_path: Path) -> None:
    week = write_log(tmp_path, Traffic(), 7, 7, 50, seed=0)
    result = monitor(Sources(tmp_path), week, week.before())
    assert result.columns == []
    assert any("nothing is compared" in note for note in result.notes)
    assert not result.verdict.alert


def test_a_window_without_searches_is_an_error(tmp_path: Path) -> None:
    write_log(tmp_path, Traffic(), 0, 7, 5, seed=0)
    with pytest.raises(DataError, match="no searches in"):
        monitor(Sources(tmp_path), Window(START - 9, START), Window(START - 19, START - 9))
