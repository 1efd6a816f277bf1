"""The files of an event log: one writer each, a new one per day and size, old ones removed.

A directory may be shared by any number of processes, as each writes files of its own:
`events-<day in UTC>-<random>.jsonl`. Nothing ever appends to a file that another process began.
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
    """The files of events in a directory, the oldest day first."""
    return sorted(path for path in directory.iterdir() if NAME.fullmatch(path.name) and path.is_file())


def day_of(path: Path) -> str:
    """The day, such as 2026-03-31, on which a file of events was begun; what is in it was written that day."""
    return path.name[len("events-") :][:10]


class EventFiles:
    """Appends whole lines to the file of the day. For one thread."""

    def __init__(
        self,
        directory: Path,
        file_bytes: int,
        max_bytes: int | None = None,
        max_days: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Touches nothing yet; the directory is made with the first file.

        Args:
            directory: Where the files are.
            file_bytes: A file that has grown to this is followed by a new one.
            max_bytes: When a file is begun, the oldest ones are removed until this is kept. The files being
                written come on top.
            max_days: When a file is begun, those of days before the last `max_days` are removed.
            clock: Seconds since 1970.
        """
        self._directory = directory
        self._file_bytes = file_bytes
        self._max_bytes = max_bytes
        self._max_days = max_days
        self._clock = clock
        self._file = -1
        self._day = ""
        self._size = 0
        self._path = directory

    def append(self, lines: bytes) -> None:
        """Write lines in full, or not at all.

        Raises:
            OSError: nothing of `lines` is in the file. The next call begins a new one.
        """
        day = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%d")
        if self._file < 0 or day != self._day or self._size >= self._file_bytes or os.fstat(self._file).st_nlink == 0:
            self._begin(day)
        try:
            _write(self._file, lines)
        except OSError:
            os.ftruncate(self._file, self._size)  # a full disk may have taken a part
            self.close()
            raise
        self._size += len(lines)

    def close(self) -> None:
        """Close the file, and remove it if nothing was written to it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            if self._size == 0:
                self._path.unlink(missing_ok=True)

    def _begin(self, day: str) -> None:
        self.close()
        self._directory.mkdir(parents=True, exist_ok=True)
        self._path = self._directory / f"events-{day}-{secrets.token_hex(8)}.jsonl"
        self._file = os.open(self._path, FLAGS, 0o600)
        self._day, self._size = day, 0
        self._remove_old(day)

    def _remove_old(self, today: str) -> None:
        others = [path for path in event_files(self._directory) if path != self._path]
        if self._max_days is not None:
            first = (datetime.fromisoformat(today) - timedelta(days=self._max_days - 1)).strftime("%Y-%m-%d")
            for path in [path for path in others if day_of(path) < first]:
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
        except FileNotFoundError:  # another process was faster
            continue
        stats.append((stat.st_mtime_ns, stat.st_size, path))
    kept = 0
    for _, size, path in sorted(stats, reverse=True):
        kept += size
        if kept > max_bytes:
            path.unlink(missing_ok=True)
