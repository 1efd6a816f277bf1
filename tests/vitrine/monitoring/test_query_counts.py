from pathlib import Path

import pytest

from tests.vitrine.monitoring.simulated_log import QUERIES, START, Traffic, write_log
from vitrine.events.event import SearchEvent
from vitrine.events.log import EventLog
from vitrine.monitoring.query_counts import QueryCounts
from vitrine.monitoring.query_lists import query_lists, without_clicks
from vitrine.monitoring.searches import clicked_requests, read_searches
from vitrine.monitoring.window import Window

DAY = Window(START, START + 86400)


def counts(directory: Path, window: Window, limit: int = 1000) -> QueryCounts:
    found = QueryCounts(limit)
    for block in read_searches(directory, window, clicked_requests(directory, window)):
        found.add(block)
    return found


def put(directory: Path, *searches: tuple[str, str], **fields: object) -> None:
    with EventLog(directory) as log:
        for number, (user, query) in enumerate(searches):
            log.put(SearchEvent(time=START + number, request_id=f"{number}-{fields}", user=user, query=query, **fields))


def test_a_user_counts_once_for_a_query_in_any_spelling(tmp_path: Path) -> None:
    put(tmp_path, ("ann", "red mug"), ("ann", "Red  MUG"), ("ben", "red mug"), ("ann", "lamp"), total=3)
    frame = counts(tmp_path, DAY).frame()
    assert frame.index.tolist() == ["red mug", "lamp"]
    assert frame.loc["red mug", ["searches", "users", "no_result"]].tolist() == [3, 2, 0]


def test_searches_without_a_user_count_each(tmp_path: Path) -> None:
    put(tmp_path, ("", "mug"), ("", "mug"))
    assert counts(tmp_path, DAY).frame().loc["mug", "users"] == 2


def test_further_pages_and_images_are_no_queries(tmp_path: Path) -> None:
    put(tmp_path, ("ann", "mug"), offset=24)
    put(tmp_path, ("ann", ""), kind="image")
    assert counts(tmp_path, DAY).frame().empty


def test_the_rarest_queries_are_dropped(tmp_path: Path) -> None:
    put(tmp_path, *((f"u{user}", f"q{query}") for query in range(30) for user in range(1 + 3 * (query < 5))))
    found = counts(tmp_path, DAY, limit=8)
    assert len(found.frame()) == 8
    assert set(found.frame().index) >= {f"q{query}" for query in range(5)}
    assert found.missed == 1


def test_clicks_are_joined_by_request(tmp_path: Path) -> None:
    window = write_log(tmp_path, Traffic(click=1.0, no_result=0.0), 0, 1, 20, seed=0)
    frame = counts(tmp_path, window).frame()
    assert frame["clicked"].sum() == frame["searches"].sum() > 20


def test_a_popular_query_without_clicks_is_listed_and_a_rare_one_is_not(tmp_path: Path) -> None:
    window = write_log(tmp_path, Traffic(without_clicks=frozenset({QUERIES[0], QUERIES[-1]})), 0, 7, 500, seed=0)
    frame = counts(tmp_path, window).frame()
    assert without_clicks(frame).index.tolist() == [QUERIES[0]]
    assert without_clicks(frame.assign(clicked=0)).empty


def test_a_query_of_one_user_is_not_listed(tmp_path: Path) -> None:
    put(tmp_path, ("ann", "ann miller berlin"), ("ann", "mug"), ("ben", "mug"))
    found = counts(tmp_path, DAY)
    lists = query_lists(found, QueryCounts(10), min_users=5, top=10)
    assert [each.query for each in lists.top] == ["mug"]
    assert [each.query for each in lists.no_result] == ["mug"]


@pytest.mark.parametrize("seed", range(3))
def test_a_rising_query_and_its_words_are_listed(tmp_path: Path, seed: int) -> None:
    before = write_log(tmp_path, Traffic(), 0, 7, 300, seed=2 * seed)
    traffic = Traffic(queries=Traffic().queries | {"halloween pumpkin": 0.3})
    now = write_log(tmp_path, traffic, 7, 7, 300, seed=2 * seed + 1)
    lists = query_lists(counts(tmp_path, now), counts(tmp_path, before), min_users=5, top=10)
    assert [each.name for each in lists.rising] == ["halloween pumpkin"]
    assert {each.name for each in lists.rising_words} == {"halloween", "pumpkin"}
