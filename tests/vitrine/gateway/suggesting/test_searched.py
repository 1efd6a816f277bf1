"""Queries of the event log that are suggested: those that several users searched with success, nothing personal."""

import time
from pathlib import Path

import pytest

from vitrine.errors import DataError
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog
from vitrine.gateway.suggesting.searched import may_be_personal, successful_queries

NOW = time.time()


def write(
    directory: Path, query: str, users: list[str], clicked: bool = True, rewrite: str = "", at: float = NOW
) -> None:
    with EventLog(directory) as log:
        for number, user in enumerate(users):
            request = f"{query}/{number}/{user}"
            search = {"request_id": request, "user": user, "query": query, "rewrite": rewrite, "catalogue": "shop"}
            log.put(SearchEvent(time=at, **search))
            if clicked:
                log.put(FeedbackEvent(time=at, request_id=request, user=user, product_id="p"))


def counted(directory: Path, users: int = 3, since: float = NOW - 60) -> dict[str, int]:
    found = successful_queries(directory, since, users)
    return dict(zip(found["query"].to_pylist(), found["users"].to_pylist(), strict=True))


def test_only_queries_count_that_enough_users_clicked(tmp_path: Path) -> None:
    write(tmp_path, "red mug", ["a", "b", "c", "d"])
    write(tmp_path, "blue mug", ["a", "b"])
    write(tmp_path, "green mug", ["a", "b", "c"], clicked=False)
    assert counted(tmp_path) == {"red mug": 4}


def test_a_user_counts_once_and_searches_without_a_user_do_not(tmp_path: Path) -> None:
    write(tmp_path, "red mug", ["a", "a", "a", "b", "", "", ""])
    assert counted(tmp_path, 2) == {"red mug": 2}
    assert counted(tmp_path, 3) == {}


def test_the_ways_of_writing_a_query_are_one_query_whatever_it_was_rewritten_to(tmp_path: Path) -> None:
    write(tmp_path, "Red  MUG", ["a", "b"])
    write(tmp_path, "red mug", ["c"], rewrite="red mugs")
    found = successful_queries(tmp_path, NOW - 60, 3).to_pylist()
    assert found == [{"catalogue": "shop", "query": "red mug", "rewrite": "red mugs", "users": 3}]


def test_earlier_searches_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, "red mug", ["a", "b", "c"], at=NOW - 3600)
    assert counted(tmp_path) == {}
    assert counted(tmp_path, since=NOW - 7200) == {"red mug": 3}


@pytest.mark.parametrize(
    "query",
    [
        "jane.doe@example.com", "mug jane@doe", "https://example.org/mug", "www.example.org", "example.com mug",
        "+49 170 1234567", "4111 1111 1111 1111", "order 20261130", "12345", "?!", "word " * 9, "x" * 61,
    ],
)  # fmt: skip
def test_addresses_numbers_and_long_texts_are_left_out(tmp_path: Path, query: str) -> None:
    assert may_be_personal(query)
    write(tmp_path, query, ["a", "b", "c"])
    assert counted(tmp_path) == {}


@pytest.mark.parametrize(
    "query", ["red mug", "iphone 15 128gb", "wh-1000xm4", "t.shirt", "0.45 l bottle", "красная кружка"]
)
def test_queries_for_products_are_kept(query: str) -> None:
    assert not may_be_personal(query)


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such directory"):
        successful_queries(tmp_path / "none", 0, 3)


def test_a_reading_that_is_stopped_ends(tmp_path: Path) -> None:
    write(tmp_path, "red mug", ["a", "b", "c"])
    assert successful_queries(tmp_path, NOW - 60, 3, lambda: True).num_rows == 0
