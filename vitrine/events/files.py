"""The files of an event log, with rotation by day and size and removal of old files.

Any number of processes may share a directory, because each process writes its own files:
`events-<day in UTC>-<random>.jsonl`. A process never appends to a file of another process.
"""

import os
import re
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

NAME: Final = re.compile(r"events-(\d{4}-\d{2}-\d{2})-[0-9a-f]{16}\.jsonl")
FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


def event_files(directory: Path) -> list[Path]:
    """Return the event files in a directory, the oldest day first."""
    return sorted(path for path in directory.iterdir() if NAME.fullmatch(path.name) and path.is_file())


def file_day(path: Path) -> str:
    """Return the day, such as 2026-03-31, on which all events of a file were written."""
    return path.name[len("events-") :][:10]


class EventFiles:
    """A writer that appends whole lines to the file of the day. It is for one thread."""

    def __init__(
        self,
        directory: Path,
        file_bytes: int,
        max_bytes: int | None = None,
        max_days: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Create a writer; the directory is made with the first file.

        Args:
            directory: The directory of the files.
            file_bytes: Size from which a file is followed by a new one.
            max_bytes: Bytes of closed files to keep: when a file is begun, the oldest ones beyond it are removed.
            max_days: Days to keep: when a file is begun, and by `remove_expired`, files of earlier days are removed.
            clock: Returns seconds since 1970.
        """
        self._directory = directory
        self._file_bytes = file_bytes
        self._max_bytes = max_bytes
        self._max_days = max_days
        self._clock = clock
        self._file = -1
        self._day = self._checked = ""
        self._size = 0
        self._path = directory

    def append(self, lines: bytes) -> None:
        """Write lines in full, or not at all.

        Raises:
            OSError: Nothing of `lines` is in the file. The next call begins a new one.
        """
        day = self._today()
        if self._file < 0 or day != self._day or self._size >= self._file_bytes or not self._is_in_place():
            self._begin(day)
        try:
            _write(self._file, lines)
        except OSError:
            os.ftruncate(self._file, self._size)  # on a full disk a part may have been written
            self.close()
            raise
        self._size += len(lines)

    def close(self) -> None:
        """Close the file, and remove it if it is empty."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            if self._size == 0:
                self._path.unlink(missing_ok=True)

    def remove_expired(self) -> None:
        """Remove the files of days that are over, once a day, also while no events are written."""
        today = self._today()
        if self._max_days is not None and today != self._checked and self._directory.is_dir():
            self._checked = today
            if self._day != today:
                self.close()
            self._remove_old(today)

    def _today(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%d")

    def _is_in_place(self) -> bool:
        """Return whether the open file still has its name; `vitrine.events.forgetting` gives it another one."""
        try:
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        except FileNotFoundError:
            return False

    def _begin(self, day: str) -> None:
        self.close()
        self._directory.mkdir(parents=True, exist_ok=True)
        self._path = self._directory / f"events-{day}-{secrets.token_hex(8)}.jsonl"
        self._file = os.open(self._path, FLAGS, 0o600)
        self._day, self._size = day, 0
        self._remove_old(day)

    def _remove_old(self, today: str) -> None:
        others = [path for path in event_files(self._directory) if path != self._path or self._file < 0]
        if self._max_days is not None:
            first = (datetime.fromisoformat(today) - timedelta(days=self._max_days - 1)).strftime("%Y-%m-%d")
            for path in [path for path in others if file_day(path) < first]:
                path.unlink(missing_ok=True)
                others.remove(path)
        if self._max_bytes is not None:
            _keep_newest(others, self._max_bytes)


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _keep_newest(paths: list[Path], max_bytes: int) -> None:
    stats = []
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:  # another process has removed it
            continue
        stats.append((stat.st_mtime_ns, stat.st_size, path))
    kept = 0
    for _, size, path in sorted(stats, reverse=True):
        kept += size
        if kept > max_bytes:
            path.unlink(missing_ok=True)
