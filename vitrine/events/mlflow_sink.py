"""Sends a summary of the searches of each minute to MLflow, which is imported only where there is a sink."""

import contextlib
import importlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import Field, PositiveFloat

from vitrine.events.event import Event, SearchEvent
from vitrine.events.rare_warning import RareWarning
from vitrine.settings import Section
from vitrine.tracking.recorder import ENVIRONMENT, SQLITE

SEARCHES_AT_ONCE: Final = 50_000
"""An interval with more searches ends early: what is held in memory has a bound."""
INTERVALS_WAITING: Final = 100
"""Kept while the server cannot be reached. MLflow takes a thousand metrics in a batch, and an interval has seven."""
LONGEST_PAUSE: Final = 600.0

logger = logging.getLogger(__name__)


class MlflowSettings(Section):
    """Where searches are summed up."""

    tracking_uri: str = Field(min_length=1, description="such as sqlite:////data/mlflow.db or http://127.0.0.1:5000")
    experiment: str = Field("vitrine-searches", min_length=1, description="MLflow experiment, made if there is none")
    run: str = Field("searches", min_length=1, description="the name of the run, of which each process begins one")
    seconds: PositiveFloat = Field(60.0, description="length of an interval, which becomes one step of the run")


@dataclass
class Sent:
    """What became of the intervals: `lost` were too many while `failures` attempts to send did not succeed."""

    sent: int = 0
    lost: int = 0
    failures: int = 0


@dataclass(frozen=True)
class Interval:
    """A summary of the searches until a time, in milliseconds since 1970."""

    time_ms: int
    step: int
    metrics: dict[str, float]


class MlflowSink:
    """A sink of `EventLog`. `add` only collects; a thread of its own sums up and sends.

    A server that cannot be reached is tried again after ever longer pauses, up to ten minutes.
    """

    def __init__(self, settings: MlflowSettings) -> None:
        """Start the thread, which imports MLflow. The server is not asked before the first interval ends."""
        self._settings = settings
        self._lock = threading.Lock()
        self._searches: list[SearchEvent] = []
        self._waiting: deque[Interval] = deque()
        self._steps = 0
        self._counts = Sent()
        self._warn = RareWarning(logger)
        self._client: Any = None
        self._run_id = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mlflow-sink", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> Sent:
        """How many intervals were sent and lost until now, and how many attempts failed."""
        with self._lock:
            return Sent(**vars(self._counts))

    def add(self, events: Sequence[Event]) -> None:
        """Collect the searches among `events`."""
        with self._lock:
            self._searches += [event for event in events if isinstance(event, SearchEvent)]
            full = len(self._searches) >= SEARCHES_AT_ONCE
        if full:
            self._end_interval()

    def close(self, timeout: float = 10.0) -> None:
        """Send what waits and end the run, for `timeout` seconds at most."""
        self._stop.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        _import_mlflow()  # now, as the seconds that this takes are felt by requests
        pause, not_before = 0.0, 0.0
        stopping = False
        while not stopping:
            stopping = self._stop.wait(self._settings.seconds)
            self._end_interval()
            if not self._waiting or (not stopping and time.monotonic() < not_before):
                continue
            try:
                self._send()
                pause = 0.0
            except Exception as error:
                pause = min(max(2 * pause, self._settings.seconds), LONGEST_PAUSE)
                not_before = time.monotonic() + pause
                self._warn("MLflow does not take the summary of searches", error)
                with self._lock:
                    self._counts.failures += 1
        self._end_run()

    def _end_interval(self) -> None:
        with self._lock:
            searches, self._searches = self._searches, []
            if not searches:
                return
            self._steps += 1
            if len(self._waiting) >= INTERVALS_WAITING:
                self._waiting.popleft()
                self._counts.lost += 1
            self._waiting.append(Interval(int(time.time() * 1000), self._steps, summary(searches)))

    def _send(self) -> None:
        from mlflow.entities import Metric

        if not self._run_id:
            self._begin_run()
        with self._lock:
            intervals = list(self._waiting)
        values = [
            Metric(name, value, interval.time_ms, interval.step)
            for interval in intervals
            for name, value in interval.metrics.items()
        ]
        self._client.log_batch(self._run_id, metrics=values)
        with self._lock:
            self._counts.sent += len(intervals)
            while self._waiting and self._waiting[0].step <= intervals[-1].step:
                self._waiting.popleft()

    def _begin_run(self) -> None:
        from mlflow.tracking import MlflowClient

        uri, name = self._settings.tracking_uri, self._settings.experiment
        if uri.startswith(SQLITE):
            Path(uri.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
        self._client = MlflowClient(uri)
        found = self._client.get_experiment_by_name(name)
        experiment = found.experiment_id if found else self._client.create_experiment(name)
        self._run_id = self._client.create_run(experiment, run_name=self._settings.run).info.run_id

    def _end_run(self) -> None:
        if self._run_id:
            try:
                self._client.set_terminated(self._run_id)
            except Exception as error:
                self._warn("MLflow does not end the run of searches", error)


def _import_mlflow() -> None:
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with contextlib.suppress(Exception):  # sending says what is wrong
        importlib.import_module("mlflow.tracking")


def summary(searches: Sequence[SearchEvent]) -> dict[str, float]:
    """The metrics of at least one search: counts, shares, milliseconds, and the mean score of the first result."""
    p50, p95, p99 = np.percentile([search.latency_ms for search in searches], (50, 95, 99))
    tops = [float(search.scores[0]) for search in searches if len(search.scores)]
    metrics = {
        "queries": float(len(searches)),
        "junk_share": float(np.mean([search.junk for search in searches])),
        "zero_result_share": float(np.mean([search.total == 0 for search in searches])),
        "latency_p50_ms": float(p50),
        "latency_p95_ms": float(p95),
        "latency_p99_ms": float(p99),
    }
    return {**metrics, "top_score_mean": float(np.mean(tops))} if tops else metrics
