from datetime import UTC, datetime
from pathlib import Path

import pytest

from vitrine.events.files import EventFiles, event_files, file_day

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()
DAY = 86_400


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def files(directory: Path, clock: Clock, file_bytes: int = 1000, **limits: int) -> EventFiles:
    return EventFiles(directory, file_bytes, clock=clock, **limits)


def test_a_day_has_a_file_of_its_own(tmp_path: Path) -> None:
    clock = Clock()
    log = files(tmp_path, clock)
    log.append(b"1\n")
    log.append(b"2\n")
    clock.now += DAY
    log.append(b"3\n")
    log.close()
    assert [(file_day(path), path.read_bytes()) for path in event_files(tmp_path)] == [
        ("2026-03-31", b"1\n2\n"),
        ("2026-04-01", b"3\n"),
    ]


def test_a_file_that_is_large_enough_is_followed_by_another(tmp_path: Path) -> None:
    log = files(tmp_path, Clock(), file_bytes=4)
    for _ in range(4):
        log.append(b"1\n")
    assert [path.stat().st_size for path in event_files(tmp_path)] == [4, 4]


def test_a_file_that_was_removed_is_replaced(tmp_path: Path) -> None:
    log = files(tmp_path, Clock())
    log.append(b"1\n")
    event_files(tmp_path)[0].unlink()
    log.append(b"2\n")
    assert [path.read_bytes() for path in event_files(tmp_path)] == [b"2\n"]


def test_days_that_are_over_are_removed(tmp_path: Path) -> None:
    clock = Clock()
    log = files(tmp_path, clock, max_days=2)
    for _ in range(4):
        log.append(b"1\n")
        clock.now += DAY
    assert [file_day(path) for path in event_files(tmp_path)] == ["2026-04-02", "2026-04-03"]


def test_the_oldest_bytes_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(bytes(100))
    clock = Clock()
    log = files(tmp_path, clock, file_bytes=10, max_bytes=25)
    for _ in range(6):
        log.append(b"123456789\n")
        clock.now += DAY
    assert [file_day(path) for path in event_files(tmp_path)] == ["2026-04-03", "2026-04-04", "2026-04-05"]
    assert (tmp_path / "notes.txt").exists()


def test_a_link_is_never_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "0" * 2 * size)
    (tmp_path / "target").write_bytes(b"")
    (tmp_path / f"events-2026-03-31-{'0' * 16}.jsonl").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="exists"):
        files(tmp_path, Clock()).append(b"1\n")
    assert (tmp_path / "target").read_bytes() == b""


def test_days_that_are_over_are_removed_without_new_events(tmp_path: Path) -> None:
    clock = Clock()
    log = files(tmp_path, clock, max_days=2)
    log.append(b"1\n")
    clock.now += 3 * DAY
    log.remove_expired()
    assert event_files(tmp_path) == []
    log.append(b"2\n")
    assert [path.read_bytes() for path in event_files(tmp_path)] == [b"2\n"]


def test_a_file_that_was_renamed_is_followed_by_another(tmp_path: Path) -> None:
    log = files(tmp_path, Clock())
    log.append(b"1\n")
    (path,) = event_files(tmp_path)
    renamed = path.rename(path.with_name(path.name.replace(path.stem[-16:], "0" * 16)))
    log.append(b"2\n")
    assert renamed.read_bytes() == b"1\n"
    assert sorted(each.read_bytes() for each in event_files(tmp_path)) == [b"1\n", b"2\n"]
