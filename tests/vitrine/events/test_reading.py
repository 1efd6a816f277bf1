from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.errors import DataError
from vitrine.events import reading
from vitrine.events.event import Event, FeedbackEvent, SearchEvent
from vitrine.events.files import event_files
from vitrine.events.log import EventLog
from vitrine.events.reading import Skipped, read_events

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
SEARCHES = st.builds(
    SearchEvent,
    time=st.floats(0, 2e9),
    request_id=TEXT,
    user=TEXT,
    version=st.integers(0, 2**40),
    query=TEXT,
    teams=st.lists(TEXT, max_size=3),
    junk=st.booleans(),
    product_ids=st.lists(TEXT, max_size=3),
    scores=st.lists(st.floats(-1, 1), max_size=3),
    rules=st.lists(TEXT, max_size=2),
)


def put(directory: Path, *events: Event) -> None:
    with EventLog(directory) as log:
        for event in events:
            log.put(event)


def search(number: int) -> SearchEvent:
    return SearchEvent(time=float(number), request_id=f"r{number}", query="mug")


def ids(directory: Path, **options) -> list[str]:
    tables = list(read_events(directory, "search", ["request_id"], **options))
    return pa.concat_tables(tables)["request_id"].to_pylist() if tables else []


@given(st.lists(SEARCHES, min_size=1, max_size=5))
def test_what_is_put_is_read(tmp_path_factory: pytest.TempPathFactory, searches: list[SearchEvent]) -> None:
    directory = tmp_path_factory.mktemp("events")
    put(directory, *searches)
    (table,) = read_events(directory, "search", list(vars(searches[0])))
    assert table.to_pylist() == [vars(search) for search in searches]


def test_the_two_events_are_told_apart(tmp_path: Path) -> None:
    put(tmp_path, search(1), FeedbackEvent(time=2.0, request_id="r1", product_id="p"), search(3))
    assert ids(tmp_path) == ["r1", "r3"]
    (feedback,) = read_events(tmp_path, "feedback", ["product_id", "kind", "position"])
    assert feedback.to_pylist() == [{"product_id": "p", "kind": "click", "position": None}]


def test_a_range_of_time_has_its_start_and_not_its_end(tmp_path: Path) -> None:
    put(tmp_path, *map(search, range(10)))
    assert ids(tmp_path, since=3.0, until=6.0) == ["r3", "r4", "r5"]


def test_files_of_earlier_days_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / f"events-2020-01-01-{'0' * 16}.jsonl").mkdir()
    (tmp_path / f"events-2020-01-02-{'0' * 16}.jsonl").write_bytes(b"damaged\n")
    skipped = Skipped()
    assert ids(tmp_path, since=1.7e9, skipped=skipped) == []
    assert skipped.lines == 0


def test_a_torn_line_is_skipped_and_counted(tmp_path: Path) -> None:
    put(tmp_path, *map(search, range(5)))
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-20])
    skipped = Skipped()
    assert ids(tmp_path, skipped=skipped) == ["r0", "r1", "r2", "r3"]
    assert skipped.lines == 1


@pytest.mark.parametrize("damage", [b"{", b"[]", b"7", b"\0\0\0", b'{"time": "noon"}', b"\xff"])
def test_a_damaged_line_costs_no_other(tmp_path: Path, damage: bytes) -> None:
    put(tmp_path, *map(search, range(3)))
    path = event_files(tmp_path)[0]
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + damage + b"\n" + second + third)
    skipped = Skipped()
    assert ids(tmp_path, skipped=skipped) == ["r0", "r1", "r2"]
    assert skipped.lines == 1


def test_blocks_end_between_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, *map(search, range(50)), SearchEvent(time=50.0, request_id="long", query="q" * 5000), search(51))
    monkeypatch.setattr(reading, "BLOCK", 1000)
    assert len(list(read_events(tmp_path, "search"))) > 5
    assert ids(tmp_path) == [f"r{number}" for number in range(50)] + ["long", "r51"]


def test_fields_of_later_versions_are_ignored(tmp_path: Path) -> None:
    (tmp_path / f"events-2026-01-01-{'0' * 16}.jsonl").write_bytes(
        b'{"event":"search","time":1,"request_id":"r","new":{"a":[1]}}\n'
    )
    assert ids(tmp_path) == ["r"]


def test_no_directory_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none: no such directory of events"):
        list(read_events(tmp_path / "none", "search"))
