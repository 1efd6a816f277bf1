import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.waiting import wait_until
from vitrine.errors import DataError
from vitrine.events.event import Event, FeedbackEvent, SearchEvent
from vitrine.events.files import event_files
from vitrine.events.forgetting import Forgotten, forget_users
from vitrine.events.log import EventLog
from vitrine.events.reading import read_events
from vitrine.files.locking import exclusive


def search(user: str, number: int) -> SearchEvent:
    return SearchEvent(time=1e9 + number, request_id=f"r{number}", user=user, query=f'q "{number}"')


def click(user: str, number: int) -> FeedbackEvent:
    return FeedbackEvent(time=1e9 + number, request_id=f"r{number}", user=user, product_id="p")


def put(directory: Path, *events: Event) -> None:
    with EventLog(directory) as log:
        for event in events:
            log.put(event)


def kept(directory: Path) -> list[tuple[str, str]]:
    """The type and request of each event in the log, sorted."""
    tables = [
        table for kind in ("search", "feedback") for table in read_events(directory, kind, ["event", "request_id"])
    ]
    rows = pa.concat_tables(tables).to_pylist() if tables else []
    return sorted((row["event"], row["request_id"]) for row in rows)


def no_wait(seconds: float) -> None:
    """Instead of waiting where nobody writes."""


def test_searches_and_all_feedback_on_them_are_removed(tmp_path: Path) -> None:
    put(tmp_path, search("ann", 1), search("ben", 2), click("ann", 1), click("ben", 2))
    put(tmp_path, click("", 1), click("ann", 2))  # another process: feedback without the user, and on others' searches
    assert forget_users(tmp_path, {"ann"}, no_wait) == Forgotten(searches=1, feedback=3, files=2)
    assert kept(tmp_path) == [("feedback", "r2"), ("search", "r2")]


def test_a_second_time_there_is_nothing_to_remove(tmp_path: Path) -> None:
    put(tmp_path, search("ann", 1), search("ben", 2))
    forget_users(tmp_path, {"ann"}, no_wait)
    before = {path: path.stat() for path in event_files(tmp_path)}
    assert forget_users(tmp_path, {"ann"}, no_wait) == Forgotten(0, 0, 0)
    assert {path: path.stat() for path in event_files(tmp_path)} == before


USERS = st.sampled_from(["ann", "an", 'a"nn', "bén", ""])


@settings(max_examples=30)
@given(st.lists(st.tuples(USERS, st.integers(0, 5), st.booleans()), max_size=20), USERS)
def test_events_of_others_stay_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, int, bool]], user: str
) -> None:
    directory = tmp_path_factory.mktemp("events")
    directory.mkdir(exist_ok=True)
    put(directory, *(search(name, number) if is_search else click(name, number) for name, number, is_search in events))
    forget_users(directory, {user}, no_wait)
    requests = {number for name, number, is_search in events if is_search and name == user != ""}
    expected = sorted(
        ("search" if is_search else "feedback", f"r{number}")
        for name, number, is_search in events
        if not (name == user != "") and not (not is_search and number in requests)
    )
    assert kept(directory) == expected


def test_damaged_lines_stay_unless_they_name_the_user(tmp_path: Path) -> None:
    put(tmp_path, search("ann", 1), search("ben", 2))
    (path,) = event_files(tmp_path)
    path.write_bytes(path.read_bytes() + b'{"event":"search","us\n{"event":"search","user":"ann","que')
    forget_users(tmp_path, {"ann"}, no_wait)
    (path,) = event_files(tmp_path)
    assert path.read_bytes().count(b"\n") == 2
    assert b"ann" not in path.read_bytes()


def test_a_file_without_other_events_is_removed(tmp_path: Path) -> None:
    put(tmp_path, search("ann", 1))
    forget_users(tmp_path, {"ann"}, no_wait)
    assert list(tmp_path.iterdir()) == []


def test_rewritten_files_can_be_read_by_their_owner_only(tmp_path: Path) -> None:
    put(tmp_path, search("ann", 1), search("ben", 2))
    forget_users(tmp_path, {"ann"}, no_wait)
    assert [path.stat().st_mode & 0o777 for path in event_files(tmp_path)] == [0o600]


def test_a_log_that_is_written_meanwhile_loses_nothing_of_others(tmp_path: Path) -> None:
    written, stop = [0], threading.Event()
    with EventLog(tmp_path, seconds=0.002, batch=5) as log:

        def write() -> None:
            while not stop.is_set():
                number = written[0]
                log.put(search("ann" if number % 3 == 0 else "ben", number))
                written[0] += 1
                time.sleep(0.0002)

        writer = threading.Thread(target=write)
        writer.start()
        wait_until(lambda: log.counts.written > 200)
        for _ in range(5):
            forget_users(tmp_path, {"ann"}, lambda _: time.sleep(0.1))
        stop.set()
        writer.join()
    forget_users(tmp_path, {"ann"}, no_wait)
    assert kept(tmp_path) == sorted(("search", f"r{number}") for number in range(written[0]) if number % 3)


COMMAND = """
import sys
from pathlib import Path
from vitrine.events.forgetting import forget_users
print("ready", flush=True)
while True:
    for user in ("ann", "cem"):
        forget_users(Path(sys.argv[1]), {user}, lambda _: None)
"""


def test_a_command_that_is_killed_loses_nothing_and_is_continued(tmp_path: Path) -> None:
    people = ("ann", "ben", "cem")
    for block in range(12):
        put(tmp_path, *(search(people[number % 3], 3000 * block + number) for number in range(3000)))
    expected = [event for event in kept(tmp_path) if int(event[1][1:]) % 3 == 1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for milliseconds in (5, 40, 80, 120, 160):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(tmp_path)], stdout=subprocess.PIPE, env=environment
        )
        process.stdout.readline()
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert [event for event in kept(tmp_path) if int(event[1][1:]) % 3 == 1] == expected
    forget_users(tmp_path, {"ann", "cem"}, no_wait)
    assert kept(tmp_path) == expected
    assert [path for path in tmp_path.iterdir() if not path.name.startswith("events-")] == []


def test_what_a_killed_command_was_writing_is_removed(tmp_path: Path) -> None:
    put(tmp_path, search("ben", 1))
    (tmp_path / ".events-2026-11-30-0123456789abcdef.jsonl.partial").write_bytes(b'{"user":"ann"}')
    forget_users(tmp_path, {"cem"}, no_wait)
    assert list(tmp_path.iterdir()) == event_files(tmp_path)


def test_two_commands_exclude_each_other(tmp_path: Path) -> None:
    put(tmp_path, search("ann", 1))
    with exclusive(tmp_path), pytest.raises(DataError, match="another process"):
        forget_users(tmp_path, {"ann"}, no_wait)


def test_a_missing_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such directory"):
        forget_users(tmp_path / "none", {"ann"})
