from collections import Counter
from pathlib import Path

import pytest
from scipy import stats

from tests.vitrine.monitoring.simulated_log import QUERIES, START, Traffic, write_log
from vitrine.events import reading
from vitrine.events.event import SearchEvent
from vitrine.events.log import EventLog
from vitrine.monitoring.hash_filter import HashFilter
from vitrine.monitoring.searches import read_searches
from vitrine.monitoring.unit_sample import JudgedSample, UserSample
from vitrine.monitoring.window import Window

WEEK = Window(START, START + 7 * 86400)


def user_sample(directory: Path, size: int, seed: int = 0) -> list[tuple[float, str]]:
    sample = UserSample(size, seed)
    for block in read_searches(directory, WEEK, HashFilter()):
        sample.add(block)
    return sample.frame()[["time", "text"]].apply(tuple, axis=1).tolist()


def test_each_user_has_one_search(tmp_path: Path) -> None:
    write_log(tmp_path, Traffic(), 0, 7, 200, seed=0)
    assert len(user_sample(tmp_path, 1000)) == 200
    assert len(user_sample(tmp_path, 50)) == 50


def test_the_sample_does_not_depend_on_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_log(tmp_path, Traffic(), 0, 7, 200, seed=0)
    whole = user_sample(tmp_path, 50)
    monkeypatch.setattr(reading, "BLOCK", 3000)
    assert sorted(user_sample(tmp_path, 50)) == sorted(whole)
    assert sorted(user_sample(tmp_path, 50, seed=1)) != sorted(whole)


def test_a_user_of_many_searches_counts_like_any_other(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for number in range(600):
            user, query = ("robot", "spam") if number % 2 else (f"user {number}", "mug")
            log.put(SearchEvent(time=START + number, request_id=str(number), user=user, query=query))
    assert Counter(text for _, text in user_sample(tmp_path, 1000)) == {"mug": 300, "spam": 1}


def test_any_search_of_a_user_may_be_chosen(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for user in range(900):
            for number in range(3):
                request = f"{user}-{number}"
                log.put(SearchEvent(time=START, request_id=request, user=f"u{user}", query=str(number)))
    chosen = Counter(text for _, text in user_sample(tmp_path, 1000))
    assert stats.chisquare(list(chosen.values())).pvalue > 0.001
    assert len(chosen) == 3


def test_judged_searches_are_sampled_by_day_as_they_were_shown(tmp_path: Path) -> None:
    write_log(tmp_path, Traffic(no_result=0.0, shown=tuple("abcdefghijklm")), 0, 7, 200, seed=0)
    with EventLog(tmp_path) as log:  # what is no first page without filters says nothing about the ranking
        log.put(SearchEvent(time=START, request_id="x", user="u", query="judged only", offset=24))
        log.put(SearchEvent(time=START, request_id="y", user="u", query="judged only", filtered=True))
    sample = JudgedSample({QUERIES[0]: "q0", QUERIES[1]: "q1", "judged only": "q2"}, size=5, seed=0)
    for block in read_searches(tmp_path, WEEK, HashFilter()):
        sample.add(block)
    frame = sample.frame()
    assert frame.groupby("day").size().tolist() == [5] * 7
    assert set(frame["query_id"]) == {"q0", "q1"}
    assert frame["product_ids"].map(len).eq(10).all()
