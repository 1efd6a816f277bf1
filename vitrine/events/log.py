"""An event log that costs a request a microsecond: `put` queues events, and a thread writes them."""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import orjson

from vitrine.events.event import Event
from vitrine.events.files import EventFiles
from vitrine.events.rare_warning import RareWarning

FILE_BYTES: Final = 64 * 2**20
OPTIONS: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY

logger = logging.getLogger(__name__)


class Sink(Protocol):
    """A further receiver of the events. It is called by the log's thread, which waits for it."""

    def add(self, events: Sequence[Event]) -> None: ...

    def close(self) -> None: ...


@dataclass
class Counts:
    """Numbers of events: `dropped` events found the queue full, `failed` events could not be written."""

    written: int = 0
    dropped: int = 0
    failed: int = 0


class EventLog:
    """An event log in JSON Lines files, in a directory that processes may share. A process has one log.

    A process that is killed loses the events of the last `seconds`, and leaves at most one incomplete line, which
    readers skip. A full or missing disk loses the events and logs a warning, but never fails the caller.
    """

    def __init__(
        self,
        directory: Path,
        *,
        batch: int = 500,
        seconds: float = 1.0,
        capacity: int = 50_000,
        file_bytes: int = FILE_BYTES,
        max_bytes: int | None = None,
        max_days: int | None = None,
        sinks: Sequence[Sink] = (),
    ) -> None:
        """Start the thread. The directory is made with the first event.

        Args:
            directory: The directory of the files; see `vitrine.events.files`.
            batch: Events written at once; this many waiting events are written without waiting for `seconds`.
            seconds: Maximum time that an event waits to be written.
            capacity: Events that may wait. If the disk is too slow, further events are dropped and counted.
            file_bytes: Size from which a file is followed by a new one.
            max_bytes: Approximate number of bytes of files to keep; the oldest are removed.
            max_days: Days whose files are kept, including today; older files are removed while the log is open.
            sinks: Further receivers of every batch; they are closed with the log.
        """
        self._files = EventFiles(directory, file_bytes, max_bytes, max_days)
        self._batch, self._seconds, self._capacity = batch, seconds, capacity
        self._sinks = tuple(sinks)
        self._queue: deque[Event | threading.Event] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._lock = threading.Lock()
        self._counts = Counts()
        self._warn = RareWarning(logger)
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> Counts:
        """The numbers of events that were written, dropped and failed so far."""
        with self._lock:
            return Counts(**vars(self._counts))

    def put(self, event: Event) -> bool:
        """Queue an event, from any thread, without waiting or raising. Return False if the event was dropped."""
        queue = self._queue
        if self._closing or len(queue) >= self._capacity:
            self._count(dropped=1)
            return False
        queue.append(event)
        if len(queue) >= self._batch and not self._wake.is_set():
            self._wake.set()
        return True

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until all earlier events are in the file. Return whether they are, within `timeout` seconds."""
        if self._closing:
            return not self._thread.is_alive()
        reached = threading.Event()
        self._queue.append(reached)
        self._wake.set()
        return reached.wait(timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Write the events that wait, and close the file and the sinks. Later events are dropped."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(self._seconds)
            self._wake.clear()
            self._write_waiting()
            self._remove_expired()
        self._write_waiting()  # events that were queued after the last pass
        self._files.close()
        for sink in self._sinks:
            try:
                sink.close()
            except Exception as error:
                self._warn("A sink of the event log did not close", error)

    def _write_waiting(self) -> None:
        while self._queue:
            events: list[Event] = []
            reached: list[threading.Event] = []
            while self._queue and len(events) < self._batch:
                item = self._queue.popleft()
                if isinstance(item, threading.Event):
                    reached.append(item)
                else:
                    events.append(item)
            if events:
                self._write(events)
            for flushed in reached:
                flushed.set()

    def _remove_expired(self) -> None:
        try:
            self._files.remove_expired()
        except OSError as error:
            self._warn("Old events cannot be removed", error)

    def _write(self, events: list[Event]) -> None:
        lines = []
        for event in events:
            try:
                lines.append(orjson.dumps(event, option=OPTIONS))
            except TypeError as error:  # for example, half a surrogate pair in a query
                self._warn("An event cannot be written as JSON", error)
        try:
            self._files.append(b"".join(lines))
            self._count(written=len(lines), failed=len(events) - len(lines))
        except Exception as error:
            self._warn("Events are lost, as they cannot be written", error)
            self._count(failed=len(events))
        for sink in self._sinks:
            try:
                sink.add(events)
            except Exception as error:
                self._warn("A sink of the event log failed", error)

    def _count(self, written: int = 0, dropped: int = 0, failed: int = 0) -> None:
        with self._lock:
            self._counts.written += written
            self._counts.dropped += dropped
            self._counts.failed += failed
