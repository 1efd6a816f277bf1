from pathlib import Path

import pytest

from vitrine.clicks.reading import ClickLog, read_log
from vitrine.errors import DataError
from vitrine.events.event import Event, FeedbackEvent, SearchEvent
from vitrine.events.files import event_files
from vitrine.events.log import EventLog

PRODUCTS = ("a", "b", "c")


def put(directory: Path, *events: Event) -> Path:
    with EventLog(directory) as log:
        for event in events:
            log.put(event)
    return directory


def search(request: str, query: str = "mug", products: tuple[str, ...] = PRODUCTS, **fields: object) -> SearchEvent:
    known = {"time": 1000.0, "user": "ann"} | fields
    return SearchEvent(request_id=request, query=query, product_ids=products, **known)  # type: ignore[arg-type]


def click(request: str, product: str, kind: str = "click", time: float = 1001.0) -> FeedbackEvent:
    return FeedbackEvent(time=time, request_id=request, product_id=product, kind=kind)  # type: ignore[arg-type]


def rows(log: ClickLog) -> list[tuple[str, str, int, bool, bool]]:
    seen = log.impressions
    return [
        (seen.queries[query], seen.products[product], int(position), bool(clicked), bool(bought))
        for query, product, position, clicked, bought in zip(
            seen.query, seen.product, seen.position, seen.clicked, seen.bought, strict=True
        )
    ]


def test_impressions_are_joined_with_feedback_by_request(tmp_path: Path) -> None:
    events = search("r1"), search("r2", "bowl", ("c", "a")), click("r1", "b"), click("r2", "a", "purchase")
    assert rows(read_log(put(tmp_path, *events))) == [
        ("mug", "a", 0, False, False),
        ("mug", "b", 1, True, False),
        ("mug", "c", 2, False, False),
        ("bowl", "c", 0, False, False),
        ("bowl", "a", 1, True, True),
    ]


def test_feedback_may_be_logged_before_its_search(tmp_path: Path) -> None:
    put(tmp_path, click("r1", "b"))
    assert [row[3] for row in rows(read_log(put(tmp_path, search("r1"))))] == [False, True, False]


def test_later_pages_have_later_positions(tmp_path: Path) -> None:
    log = read_log(put(tmp_path, search("r1", offset=24)))
    assert log.impressions.position.tolist() == [24, 25, 26]


def test_spellings_of_a_query_are_one_query(tmp_path: Path) -> None:
    seen = read_log(put(tmp_path, search("r1", "Red  Mug"), search("r2", "red mug"), search("r3", "Mug"))).impressions
    assert (seen.queries, seen.spellings) == (["red mug", "mug"], ["Red Mug", "Mug"])
    assert seen.query.tolist() == [0, 0, 0, 0, 0, 0, 1, 1, 1]


def test_queries_are_what_a_file_of_judgements_can_hold(tmp_path: Path) -> None:
    log = read_log(put(tmp_path, search("r1", "red\x80mug\u2028"), search("r2", "\x80")))
    assert (log.impressions.spellings, log.junk.tolist()) == (["red mug", ""], [False, True])


def test_what_has_no_impression_is_counted(tmp_path: Path) -> None:
    events = click("r1", "x"), click("other", "a"), click("r1", "a"), click("r1", "a"), click("r1", "a", "purchase")
    log = read_log(put(tmp_path, search("r1"), *events))
    assert (log.strays, log.repeated_feedback) == (2, 1)
    assert [row[3:] for row in rows(log)] == [(True, True), (False, False), (False, False)]


def test_a_repeated_request_is_marked(tmp_path: Path) -> None:
    log = read_log(put(tmp_path, search("r1"), search("r2"), search("r1"), click("r1", "b")))
    assert log.repeated.tolist() == [False, False, True]
    assert log.impressions.clicked.tolist() == [False, True, False] + [False] * 6


def test_kinds_of_searches_are_marked(tmp_path: Path) -> None:
    events = (
        search("r1"),
        search("r2", kind="image"),
        search("r3", junk=True),
        search("r4", forced=True),
        search("r5", " "),
    )
    log = read_log(put(tmp_path, *events, search("r6", user="")))
    assert log.other_kind.tolist() == [False, True, False, False, False, False]
    assert log.junk.tolist() == [False, False, True, False, True, False]
    assert log.forced.tolist() == [False, False, False, True, False, False]
    assert (log.impressions.user >= 0).tolist() == [True] * 5 + [False]


def test_interleaved_lists_are_lists(tmp_path: Path) -> None:
    log = read_log(put(tmp_path, search("r1", teams=("x", "y", "x"), experiment="e"), click("r1", "c")))
    assert log.impressions.clicked.tolist() == [False, False, True]


def test_a_product_that_a_list_shows_twice_counts_at_its_first_place(tmp_path: Path) -> None:
    log = read_log(put(tmp_path, search("r1", products=("a", "b", "a")), click("r1", "a")))
    assert rows(log) == [("mug", "a", 0, True, False), ("mug", "b", 1, False, False)]


def test_the_last_line_of_a_killed_writer_is_left_out(tmp_path: Path) -> None:
    (file,) = event_files(put(tmp_path, search("r1"), search("r2")))
    with file.open("ab") as log:
        log.write(b'{"event":"search","time":1.0,"request_id":"r3","product_ids":["a"')
    log = read_log(tmp_path)
    assert (len(log.repeated), log.damaged_lines) == (2, 1)


def test_a_range_of_time_holds_searches_of_it(tmp_path: Path) -> None:
    put(tmp_path, search("r1", time=1.0), search("r2", time=2.0), search("r3", time=3.0), click("r2", "a", time=9.0))
    log = read_log(tmp_path, since=2.0, until=3.0)
    assert log.impressions.clicked.tolist() == [True, False, False]
    with pytest.raises(DataError, match="no searches there"):
        read_log(tmp_path, since=10.0)
    with pytest.raises(DataError, match="no such directory"):
        read_log(tmp_path / "absent")
