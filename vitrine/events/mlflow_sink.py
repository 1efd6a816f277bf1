"""A sink that sends a summary of each minute's searches to MLflow, which is imported only when a sink is made."""

import contextlib
import importlib
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import Field, PositiveFloat

from vitrine.events.event import Event, SearchEvent
from vitrine.events.rare_warning import RareWarning
from vitrine.settings import Section
from vitrine.tracking.mlflow_store import configure_mlflow, open_client

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

MAX_SEARCHES: Final = 50_000
"""Searches from which an interval ends early, which bounds the memory."""
MAX_WAITING_INTERVALS: Final = 100
"""Intervals kept while the server cannot be reached. MLflow takes 1,000 metrics in a batch, and an interval has 7."""
MAX_PAUSE_SECONDS: Final = 600.0

logger = logging.getLogger(__name__)


class MlflowSettings(Section):
    """The settings of the summary in MLflow."""

    tracking_uri: str = Field(min_length=1, description="such as sqlite:////data/mlflow.db or http://127.0.0.1:5000")
    experiment: str = Field("vitrine-searches", min_length=1, description="MLflow experiment, created if missing")
    run: str = Field("searches", min_length=1, description="the run's name; each process begins a run of its own")
    seconds: PositiveFloat = Field(60.0, description="length of an interval, which becomes one step of the run")


@dataclass
class SentCounts:
    """Numbers of intervals that were sent, and `lost` after too many waited; `failures` counts failed attempts."""

    sent: int = 0
    lost: int = 0
    failures: int = 0


@dataclass(frozen=True)
class Interval:
    """A summary of the searches of one interval, which ended at `time_ms`, in milliseconds since 1970."""

    time_ms: int
    step: int
    metrics: dict[str, float]


class MlflowSink:
    """A sink of `EventLog`. `add` only collects events; a thread summarises and sends them.

    If the server cannot be reached, it is tried again with exponential back-off, up to ten minutes.
    """

    def __init__(self, settings: MlflowSettings) -> None:
        """Start the thread, which imports MLflow. The server is not contacted before the first interval ends."""
        self._settings = settings
        self._lock = threading.Lock()
        self._searches: list[SearchEvent] = []
        self._waiting: deque[Interval] = deque()
        self._steps = 0
        self._counts = SentCounts()
        self._warn = RareWarning(logger)
        self._client: MlflowClient  # once a run has begun
        self._run_id = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mlflow-sink", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> SentCounts:
        """The numbers of intervals that were sent and lost, and of failed attempts, so far."""
        with self._lock:
            return SentCounts(**vars(self._counts))

    def add(self, events: Sequence[Event]) -> None:
        """Collect the searches among `events`."""
        with self._lock:
            self._searches += [event for event in events if isinstance(event, SearchEvent)]
            full = len(self._searches) >= MAX_SEARCHES
        if full:
            self._end_interval()

    def close(self, timeout: float = 10.0) -> None:
        """Send the intervals that wait and end the run, within `timeout` seconds."""
        self._stop.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        _import_mlflow()  # at the start, because the import takes seconds and slows down requests
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
                pause = min(max(2 * pause, self._settings.seconds), MAX_PAUSE_SECONDS)
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
            if len(self._waiting) >= MAX_WAITING_INTERVALS:
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
        name = self._settings.experiment
        self._client = open_client(self._settings.tracking_uri)
        experiment = self._client.get_experiment_by_name(name)
        experiment_id = experiment.experiment_id if experiment else self._client.create_experiment(name)
        self._run_id = self._client.create_run(experiment_id, run_name=self._settings.run).info.run_id

    def _end_run(self) -> None:
        if self._run_id:
            try:
                self._client.set_terminated(self._run_id)
            except Exception as error:
                self._warn("MLflow does not end the run of searches", error)


def _import_mlflow() -> None:
    configure_mlflow()
    with contextlib.suppress(Exception):  # sending reports the error
        importlib.import_module("mlflow.tracking")


def summary(searches: Sequence[SearchEvent]) -> dict[str, float]:
    """Return the metrics of one or more searches: counts, shares, latencies, and the mean score of first results."""
    p50, p95, p99 = np.percentile([search.latency_ms for search in searches], (50, 95, 99))
    top_scores = [float(search.scores[0]) for search in searches if len(search.scores)]
    metrics = {
        "queries": float(len(searches)),
        "junk_share": float(np.mean([search.junk for search in searches])),
        "zero_result_share": float(np.mean([search.total == 0 for search in searches])),
        "latency_p50_ms": float(p50),
        "latency_p95_ms": float(p95),
        "latency_p99_ms": float(p99),
    }
    return {**metrics, "top_score_mean": float(np.mean(top_scores))} if top_scores else metrics
