"""Metrics in Prometheus' text format, with TF Serving's names, labels and buckets.

Names and buckets come from TF Serving's `servables/tensorflow/util.cc` and `batching/`, the format from its
`util/prometheus_exporter.cc`. Prometheus' client library would add `_total` to the counters' names, which dashboards
for TF Serving do not expect.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from vitrine.saved_model.arrays import Inputs, Outputs
from vitrine.saved_model.session import Signature
from vitrine.serving.classify_regress import Run

PATH: Final = "/monitoring/prometheus/metrics"
CONTENT_TYPE: Final = "text/plain"

Entrypoint = Literal["REST", "GRPC"]
Labels = tuple[str, ...]


def exponential_buckets(scale: float, growth: float, count: int) -> tuple[float, ...]:
    """Return the upper limits of a histogram's `count` finite buckets: `scale * growth**i`."""
    return tuple(scale * growth**power for power in range(count))


MICROSECONDS: Final = exponential_buckets(10, 1.8, 33)
"""Microseconds of a call, from 10 µs to about 20 minutes."""
EXAMPLES: Final = exponential_buckets(1, 2, 15)
QUEUED: Final = exponential_buckets(100, 1.2, 52)
"""Microseconds in a queue, from 100 µs to about a second."""
ROWS: Final = exponential_buckets(1, 2, 14)


@dataclass
class Counter:
    """A counter for each combination of label values."""

    name: str
    labels: tuple[str, ...]
    cells: dict[Labels, int] = field(default_factory=dict)

    def add(self, values: Labels, count: int = 1) -> None:
        self.cells[values] = self.cells.get(values, 0) + count

    def lines(self) -> Iterator[str]:
        yield f"# TYPE {self.name} counter"
        for values, count in self.cells.items():
            yield f"{self.name}{{{_labelled(self.labels, values)}}} {count}"


@dataclass
class _Cell:
    buckets: list[int]
    total: float = 0.0


@dataclass
class Histogram:
    """A histogram with the upper limits `limits`, for each combination of label values."""

    name: str
    labels: tuple[str, ...]
    limits: tuple[float, ...]
    cells: dict[Labels, _Cell] = field(default_factory=dict)

    def add(self, values: Labels, number: float) -> None:
        cell = self.cells.setdefault(values, _Cell([0] * (len(self.limits) + 1)))
        cell.buckets[bisect_right(self.limits, number)] += 1
        cell.total += number

    def lines(self) -> Iterator[str]:
        yield f"# TYPE {self.name} histogram"
        bounds = [*(f"{limit:g}" for limit in self.limits), "+Inf"]
        for values, cell in self.cells.items():
            labelled, count = _labelled(self.labels, values), 0
            before = f"{labelled}," if labelled else ""
            for bound, inside in zip(bounds, cell.buckets, strict=True):
                count += inside
                yield f'{self.name}_bucket{{{before}le="{bound}"}} {count}'
            yield f"{self.name}_sum{{{labelled}}} {cell.total!r}"
            yield f"{self.name}_count{{{labelled}}} {count}"


class Metrics:
    """The server's metrics. Every method may be called from any thread.

    Requests for models that are not served are not counted, because callers could invent any number of names.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = Counter(":tensorflow:serving:request_count", ("model_name", "status"))
        self._examples = Counter(":tensorflow:serving:request_example_count_total", ("model",))
        self._sizes = Histogram(":tensorflow:serving:request_example_counts", ("model",), EXAMPLES)
        by_entrypoint, by_runtime = ("model_name", "API", "entrypoint"), ("model_name", "API", "runtime")
        self._latency = Histogram(":tensorflow:serving:request_latency", by_entrypoint, MICROSECONDS)
        self._runtime = Histogram(":tensorflow:serving:runtime_latency", by_runtime, MICROSECONDS)
        self._loads = Counter(":tensorflow:cc:saved_model:load_attempt_count", ("model_path", "status"))
        self._loading = Counter(":tensorflow:cc:saved_model:load_latency", ("model_path",))
        batching = ":tensorflow:serving:batching_session"
        self._queued = Histogram(f"{batching}:queuing_latency", ("thread_pool_name",), QUEUED)
        self._batch_inputs = Histogram(f"{batching}:input_batch_size", (), ROWS)
        self._batches = Histogram(f"{batching}:processed_batch_size", (), ROWS)
        self._padding = Histogram(f"{batching}:padding_size", ("execution_batch_size",), ROWS)

    def request(self, model: str, api: str, entrypoint: Entrypoint, status: str, seconds: float) -> None:
        """Count a request, and its latency if its status is OK."""
        with self._lock:
            self._requests.add((model, status))
            if status == "OK":
                # TF Serving's REST and gRPC front ends spell the same calls differently, and dashboards rely on it.
                name = api.lower() if entrypoint == "REST" else api
                self._latency.add((model, name, entrypoint), seconds * 1e6)

    def runtime(self, model: str, api: str, seconds: float) -> None:
        """Count the time that TensorFlow spent on a call."""
        with self._lock:
            self._runtime.add((model, api, "TF1"), seconds * 1e6)

    def timed(self, model: str, api: str) -> Run:
        """Return a function that calls a signature and counts the time of the call."""

        def run(signature: Signature, feeds: Inputs) -> Outputs:
            started = time.perf_counter()
            outputs = signature.run(feeds)
            self.runtime(model, api, time.perf_counter() - started)
            return outputs

        return run

    def examples(self, model: str, count: int) -> None:
        """Count the examples of a classify or regress request."""
        with self._lock:
            self._examples.add((model,), count)
            self._sizes.add((model,), count)

    def load(self, path: str, succeeded: bool, seconds: float) -> None:
        """Count an attempt to load a version."""
        with self._lock:
            self._loads.add((path, "success" if succeeded else "fail"))
            self._loading.add((path,), round(seconds * 1e6))

    def batch_input(self, rows: int, inputs: int) -> None:
        """Count a request's rows once for each of its inputs, as TF Serving does."""
        with self._lock:
            for _ in range(inputs):
                self._batch_inputs.add((), rows)

    def batch_waited(self, seconds: float) -> None:
        """Count the time that a request spent in the batching queue; TF Serving's queue has no name."""
        with self._lock:
            self._queued.add(("",), seconds * 1e6)

    def batch_run(self, rows: int, padding: int) -> None:
        """Count a batch of `rows` rows, of which `padding` were added to reach an allowed size."""
        with self._lock:
            self._batches.add((), rows)
            self._padding.add((str(rows),), padding)

    def page(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        families: tuple[Counter | Histogram, ...] = (
            self._loads, self._loading, self._requests, self._examples, self._sizes, self._latency, self._runtime,
            self._queued, self._batch_inputs, self._batches, self._padding,
        )  # fmt: skip
        with self._lock:
            lines = [line for family in families if family.cells for line in family.lines()]
        return ("\n".join(lines) + "\n").encode()


def _labelled(names: tuple[str, ...], values: Labels) -> str:
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for value in values)
    return ",".join(f'{name}="{value}"' for name, value in zip(names, escaped, strict=True))
