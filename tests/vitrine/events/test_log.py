import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import orjson
import pytest

from tests.waiting import HANG_SECONDS, wait_until
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.files import event_files
from vitrine.events.log import Counts, EventLog

ROOT = Path(__file__).parents[3]


def search(number: int = 0) -> SearchEvent:
    return SearchEvent(time=1000.0 + number, request_id=f"r{number}", query="red mug", product_ids=["p1"], scores=[0.5])


def written(directory: Path) -> list[dict]:
    return [orjson.loads(line) for path in event_files(directory) for line in path.read_bytes().splitlines()]


def test_events_are_written_in_order_and_in_full(tmp_path: Path) -> None:
    with EventLog(tmp_path / "new" / "events", batch=3) as log:
        for number in range(10):
            assert log.put(search(number))
        assert log.put(FeedbackEvent(time=1011.0, request_id="r3", product_id="p1", kind="purchase", position=1))
    lines = written(tmp_path / "new" / "events")
    assert [line["request_id"] for line in lines] == [f"r{number}" for number in range(10)] + ["r3"]
    assert lines[0]["event"] == "search"
    assert lines[0]["product_ids"] == ["p1"]
    assert lines[-1] == {
        "event": "feedback", "time": 1011.0, "request_id": "r3", "user": "", "product_id": "p1", "kind": "purchase",
        "position": 1,
    }  # fmt: skip
    assert log.counts == Counts(written=11)


def test_nothing_is_made_before_the_first_event(tmp_path: Path) -> None:
    with EventLog(tmp_path / "events"):
        pass
    assert not (tmp_path / "events").exists()


def test_only_the_owner_may_read_what_people_searched_for(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        log.put(search())
    assert stat.S_IMODE(event_files(tmp_path)[0].stat().st_mode) == 0o600


def test_flush_waits_for_what_was_put_before(tmp_path: Path) -> None:
    with EventLog(tmp_path, seconds=60) as log:
        log.put(search())
        assert log.flush()
        assert len(written(tmp_path)) == 1
    assert log.flush()


def test_events_wait_for_a_bounded_time(tmp_path: Path) -> None:
    with EventLog(tmp_path, seconds=0.05) as log:
        log.put(search())
        wait_until(lambda: tmp_path.exists() and written(tmp_path))
        assert len(written(tmp_path)) == 1


def test_after_closing_events_are_dropped_and_counted(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.close()
    assert not log.put(search())
    assert log.counts == Counts(dropped=1)


def test_a_full_queue_drops_and_counts(tmp_path: Path) -> None:
    class Slow:
        def __init__(self) -> None:
            self.go_on = threading.Event()

        def add(self, events) -> None:
            self.go_on.wait(HANG_SECONDS)

        def close(self) -> None:
            pass

    slow = Slow()
    with EventLog(tmp_path, batch=1, capacity=5, sinks=[slow]) as log:
        accepted = [log.put(search(number)) for number in range(50)]
        slow.go_on.set()
    counts = log.counts
    assert counts.dropped == accepted.count(False) >= 40
    assert counts.written == accepted.count(True) == len(written(tmp_path))


def test_threads_lose_nothing(tmp_path: Path) -> None:
    with EventLog(tmp_path, batch=7) as log:
        threads = [
            threading.Thread(target=lambda start=start: [log.put(search(start + number)) for number in range(500)])
            for start in range(0, 4000, 500)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {line["request_id"] for line in written(tmp_path)} == {f"r{number}" for number in range(4000)}
    assert log.counts == Counts(written=4000)


def _log_some(directory: Path, start: int) -> None:
    with EventLog(directory, batch=5) as log:
        for number in range(start, start + 200):
            log.put(search(number))


def test_processes_share_a_directory(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_log_some, args=(tmp_path, start)) for start in (0, 200, 400)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len(event_files(tmp_path)) == 3
    assert {line["request_id"] for line in written(tmp_path)} == {f"r{number}" for number in range(600)}


def test_putting_costs_microseconds(tmp_path: Path) -> None:
    event = search()
    with EventLog(tmp_path, capacity=100_000) as log:
        times = []
        for _ in range(20_000):
            started = time.perf_counter()
            log.put(event)
            times.append(time.perf_counter() - started)
    assert np.median(times) < 20e-6


def test_a_place_that_cannot_be_written_costs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    with EventLog(tmp_path / "file" / "events", batch=1) as log:
        for number in range(20):
            assert log.put(search(number))
            log.flush()
    assert log.counts == Counts(failed=20)
    assert [record.message.split(":")[0] for record in caplog.records] == ["Events are lost, as they cannot be written"]


def test_an_event_that_is_no_json_spares_the_others(tmp_path: Path) -> None:
    with EventLog(tmp_path, seconds=60) as log:
        log.put(search(1))
        log.put(SearchEvent(time=1.0, request_id="half", query="\ud800"))
        log.put(search(2))
    assert [line["request_id"] for line in written(tmp_path)] == ["r1", "r2"]
    assert log.counts == Counts(written=2, failed=1)


def test_numbers_may_be_numpys(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        log.put(SearchEvent(time=1.0, request_id="r", scores=np.array([0.5, 0.25], np.float32), total=np.int64(2)))
    assert written(tmp_path)[0]["scores"] == [0.5, 0.25]


def test_a_sink_that_fails_costs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def add(self, events) -> None:
            raise RuntimeError("no")

        def close(self) -> None:
            raise RuntimeError("no")

    with EventLog(tmp_path, sinks=[Broken()]) as log:
        log.put(search())
    assert log.counts == Counts(written=1)
    assert "A sink of the event log failed: no" in caplog.text


def test_a_full_disk_leaves_whole_lines_only(tmp_path: Path) -> None:
    """A limit on the file size simulates a full disk: the kernel writes a part of a batch, then refuses."""
    if (child := os.fork()) == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        log = EventLog(tmp_path, batch=4)
        for number in range(200):
            log.put(search(number))
        log.close()
        (tmp_path / "counts").write_text(f"{log.counts.written} {log.counts.failed}")
        os._exit(0)
    os.waitpid(child, 0)
    kept, failed = map(int, (tmp_path / "counts").read_text().split())
    assert kept + failed == 200
    assert failed > 0
    assert kept == len(written(tmp_path)) > 0
    assert all(path.stat().st_size for path in event_files(tmp_path))


def test_a_killed_process_tears_one_line_at_most(tmp_path: Path) -> None:
    code = f"""
import itertools, pathlib, time
from vitrine.events.event import SearchEvent
from vitrine.events.log import EventLog
log = EventLog(pathlib.Path({str(tmp_path)!r}), batch=50)
for number in itertools.count():
    log.put(SearchEvent(time=1.0, request_id=str(number), query="q" * 1000))
    time.sleep(0.0001)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    wait_until(lambda: event_files(tmp_path) and event_files(tmp_path)[0].stat().st_size > 500_000)
    process.kill()
    process.wait()
    *lines, _rest = event_files(tmp_path)[0].read_bytes().split(b"\n")
    assert [orjson.loads(line)["request_id"] for line in lines] == [str(number) for number in range(len(lines))]
