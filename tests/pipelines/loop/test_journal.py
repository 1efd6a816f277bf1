import sqlite3
from pathlib import Path

import pytest

from pipelines.loop.journal import Journal, Seen
from vitrine.errors import DataError


class Clock:
    """A clock that goes on by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_a_cycle_is_kept_with_its_decisions(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep" / "loop.db", Clock())
    cycle = journal.begin("run", Seen(("1", "2/1"), ("1",)), ["500 new pairs"], {"judgements": {"pairs": 500}})
    journal.move(cycle, "comparing", "version 7 is pushed", version=7)
    again = Journal(tmp_path / "deep" / "loop.db").latest()
    assert again is not None
    assert (again.state, again.version, again.seen) == ("comparing", 7, Seen(("1", "2/1"), ("1",)))
    assert (again.began, again.entered, again.reasons) == (1.0, 2.0, ("500 new pairs",))
    newest, first = journal.decisions(10)
    assert (first.decision, first.figures) == ("begin", {"judgements": {"pairs": 500}})
    assert (newest.decision, newest.reason, newest.cycle) == ("comparing", "version 7 is pushed", 1)


def test_a_journal_of_an_earlier_version_gets_the_runs_of_later_cycles(tmp_path: Path) -> None:
    earlier = Journal(tmp_path / "loop.db").begin("run", Seen(), ["age"], {})
    with sqlite3.connect(tmp_path / "loop.db") as connection:
        connection.execute("ALTER TABLE cycles DROP COLUMN run_id")
    journal = Journal(tmp_path / "loop.db")
    assert journal.latest() == earlier
    journal.move(earlier, "pushed", "better than BM25", version=7, run_id="2026-11-30T10:00:00")
    again = Journal(tmp_path / "loop.db")
    assert again.latest() == journal.latest()
    assert [decision.run_id for decision in again.decisions(10)] == ["2026-11-30T10:00:00"] * 2
    journal.decide("wait", "nothing is new")
    assert journal.decisions(1)[0].run_id is None


def test_a_cycle_that_another_process_has_moved_is_not_moved_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "loop.db")
    cycle = journal.begin("run", Seen(), ["age"], {})
    journal.move(cycle, "failed", "no memory")
    with pytest.raises(DataError, match="cycle 1 is not retraining any more"):
        journal.move(cycle, "comparing", "version 7 is pushed", version=7)
    assert [decision.decision for decision in journal.decisions(10)] == ["failed", "begin"]


def test_a_cycle_fulfils_all_requests_for_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "loop.db")
    assert journal.requested("cycle") is None
    journal.request("cycle", "first")
    journal.request("cycle", "second")
    assert journal.requested("cycle") == "first"
    journal.begin("run", Seen(), ["request"], {})
    assert journal.requested("cycle") is None


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop.db").write_text("This is a text, and no database. " * 50)
    with pytest.raises(DataError, match=r"loop.db: file is not a database; is it the loop's journal\?"):
        Journal(tmp_path / "loop.db")


def test_a_state_of_a_newer_version_is_an_error(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "loop.db")
    journal.begin("run", Seen(), ["age"], {})
    with sqlite3.connect(tmp_path / "loop.db") as connection:
        connection.execute("UPDATE cycles SET state = 'dreaming'")
    with pytest.raises(DataError, match="the state 'dreaming', which a newer version of Vitrine has written"):
        journal.latest()
