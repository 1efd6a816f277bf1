"""Supervision of a running Flink job: its progress, its stalls, and its first error."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pipelines.beam.flink.console import Console, Failure, Job
from pipelines.beam.flink.failures import explain_lasting
from pipelines.beam.flink.stalls import describe_wait
from pipelines.run_directory import plain_error
from vitrine import progress
from vitrine.errors import EngineError, VitrineError

POLL_SECONDS: Final = 2.0
QUIET_SECONDS: Final = 60.0
"""Time without progress after which there is a line about it; the next ones come after twice the time each."""


@dataclass(frozen=True)
class SupervisedJob:
    """Description of a supervised job.

    Attributes:
        console: the cluster's REST API.
        name: the job's name, which no other job has.
        pool: the address of the worker pools; empty if workers are containers.
        stall_seconds: time without progress after which the job is cancelled.
        activity: returns a number that changes while workers write files, which Flink does not see.
        cancel: tells the job server that the job is cancelled.
    """

    console: Console
    name: str
    pool: str
    stall_seconds: float
    activity: Callable[[], object]
    cancel: Callable[[], None]


class JobSupervisor(threading.Thread):
    """The thread that supervises a job until `stop`."""

    def __init__(self, supervised: SupervisedJob) -> None:
        super().__init__(name="flink-supervisor", daemon=True)
        self._supervised = supervised
        self._stopped = threading.Event()
        self._seen: object = None
        self._since = time.monotonic()
        self._next_line = QUIET_SECONDS
        self._managers: set[str] = set()
        self.job: Job | None = None
        """The last known state."""
        self.failure: VitrineError | None = None
        """The reason why the job was cancelled, if it was."""
        self.on_found: Callable[[str], None] = lambda _: None
        """Called with the id of the job once Flink has it."""

    def run(self) -> None:
        """Poll the console until the job has ended."""
        while not self._stopped.wait(POLL_SECONDS) and self.failure is None:
            unreachable = ""
            try:
                self._look()
            except EngineError as error:
                unreachable = str(error)
            self._note_stall(unreachable)

    def stop(self) -> None:
        """End the supervision with a last look at the job."""
        self._stopped.set()
        self.join()
        with suppress(EngineError):
            self._refresh()

    def failures(self) -> Sequence[Failure]:
        """Return the exceptions of the job, as far as the console has them."""
        with suppress(EngineError):
            return self._supervised.console.failures(self.job.id) if self.job else []
        return []

    def _refresh(self) -> None:
        console, name = self._supervised.console, self._supervised.name
        found = self.job.id if self.job else console.find(name)
        if found is None:
            return
        if self.job is None:
            progress.note(f"Flink job {name}: {console.job_url(found)}")
            self.on_found(found)
        self.job = console.job(found)

    def _look(self) -> None:
        self._refresh()
        name = self._supervised.name
        if self.job is not None:
            progress.report(f"tasks of {name}", self.job.count("finished"), self.job.tasks)
            if self.job.state in ("RESTARTING", "FAILING") or self.job.count("failed", "canceled", "canceling"):
                self._cancel_at_lasting_error()
        managers = self._supervised.console.task_managers()
        for lost in sorted(self._managers - managers):
            progress.note(f"task manager {lost} was lost; Flink runs its tasks of {name} again on the others")
        self._managers = managers

    def _cancel_at_lasting_error(self) -> None:
        """Cancel the job at an error that a restart would only repeat: one of ours, or a lack of the cluster."""
        failures = self.failures()
        self.failure = plain_error(RuntimeError("\n".join(failure.stacktrace for failure in failures)))
        reason = explain_lasting(failures, self._supervised.pool)
        if self.failure is None and reason:
            self.failure = EngineError(f"{self._supervised.name} failed on Flink: {reason}")
        if self.failure:
            self.cancel()

    def cancel(self) -> None:
        """Cancel the job: on Flink, since the job server of Beam only forgets it, and there as well."""
        if self.job:
            with suppress(EngineError):
                self._supervised.console.cancel(self.job.id)
        self._supervised.cancel()

    def _note_stall(self, unreachable: str) -> None:
        job = self.job
        tasks = [sorted(vertex.tasks.items()) for vertex in job.vertices] if job else []
        seen = (job and (job.state, job.records), tasks, self._supervised.activity())
        if seen != self._seen and not unreachable:
            self._seen, self._since, self._next_line = seen, time.monotonic(), QUIET_SECONDS
            return
        quiet = time.monotonic() - self._since
        if quiet < min(self._next_line, self._supervised.stall_seconds):
            return
        reason = unreachable or self._describe()
        line = f"{self._supervised.name}: no progress for {quiet:.0f} s: {reason}"
        if quiet >= self._supervised.stall_seconds:
            self.failure = EngineError(f"{line}; cancelled after beam.stall_minutes")
            self.cancel()
        else:
            progress.note(line)
            self._next_line *= 2

    def _describe(self) -> str:
        console = self._supervised.console
        try:
            return describe_wait(self.job, console.overview(), console, self._supervised.pool)
        except EngineError as error:
            return str(error)
