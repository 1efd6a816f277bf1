"""Batching: concurrent calls of a signature computed in one call.

The rules are those of TF Serving's `batching_session.cc` and `shared_batch_scheduler.h`. There, a thread pool computes
the batches; here, the thread of a batch's first call does, so that a call without others beside it is not handed to
another thread and back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from vitrine.saved_model.arrays import Call, Inputs, Outputs
from vitrine.saved_model.status import ApiError, invalid
from vitrine.serving.batching.merging import merge, merge_key, row_count, split

if TYPE_CHECKING:
    from vitrine.serving.batching.parameters import BatchingParameters
    from vitrine.serving.monitoring import Metrics

_NOT_ROWS: Final = (
    "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors"
)

_log = logging.getLogger(__name__)


@dataclass
class _Task:
    """A call and its outcome."""

    feeds: Inputs
    rows: int
    started: float = field(default_factory=time.perf_counter)
    done: threading.Event | None = None
    """Set when the batch is computed; None for the call whose thread computes it."""
    outcome: Outputs | Exception | None = None


@dataclass(eq=False)
class _Queue:
    """The calls of one signature."""

    call: Call
    mergeable: bool = True
    """False once a batch has shown that the outputs do not have one row per input row."""


@dataclass(eq=False)
class _Batch:
    """Calls to compute in one call, by the thread of the first."""

    queue: _Queue
    merge_key: Hashable
    due: float
    wake: threading.Condition
    tasks: list[_Task]
    rows: int


class Batcher:
    """A batch scheduler with a limited number of concurrent batches over all signatures."""

    def __init__(self, parameters: BatchingParameters, metrics: Metrics, timeout_seconds: float) -> None:
        """Start without calls. A call may wait for its turn for `timeout_seconds`."""
        self._parameters = parameters
        self._metrics = metrics
        self._timeout = timeout_seconds
        self._lock = threading.Lock()
        self._waiting: list[_Batch] = []
        self._running = 0

    def batched(self, call: Call) -> Call:
        """Return a function that computes `call`, merging concurrent calls into batches.

        Calls whose inputs or outputs cannot be merged are computed by themselves. The function raises the ApiErrors of
        `call`, and INVALID_ARGUMENT for too many rows, UNAVAILABLE when too many batches wait and RESOURCE_EXHAUSTED
        when the call waited too long.
        """
        queue = _Queue(call)
        return lambda feeds: self._compute(queue, feeds)

    def _compute(self, queue: _Queue, feeds: Inputs) -> Outputs:
        rows = row_count(feeds)
        if not rows or not queue.mergeable:
            return queue.call(feeds)
        max_rows, batch_rows = self._parameters.max_batch_size, self._parameters.batch_rows
        if rows > max_rows:
            raise invalid(f"Task size {rows} is larger than maximum input batch size {max_rows}")
        self._metrics.batch_input(rows, len(feeds))
        if rows <= batch_rows:
            return self._submit(queue, feeds, rows)
        starts = range(0, rows, batch_rows)
        parts = [{name: value[start : start + batch_rows] for name, value in feeds.items()} for start in starts]
        return _joined([self._submit(queue, part, row_count(part) or 0) for part in parts], rows)

    def _submit(self, queue: _Queue, feeds: Inputs, rows: int) -> Outputs:
        task = _Task(feeds, rows)
        with self._lock:
            new_batch = self._enqueue(queue, task)
        if new_batch:
            self._compute_in_turn(new_batch)
        elif task.done:
            task.done.wait()
        if isinstance(task.outcome, dict):
            return task.outcome
        raise task.outcome or RuntimeError("a batch was not computed")

    def _enqueue(self, queue: _Queue, task: _Task) -> _Batch | None:
        """Add a call to a waiting batch, or to a new one, which is returned for the call's thread to compute."""
        key = merge_key(task.feeds, self._parameters.pad_variable_length_inputs)
        waiting = [batch for batch in self._waiting if batch.queue is queue]
        for batch in waiting:
            if batch.merge_key == key and batch.rows + task.rows <= self._parameters.batch_rows:
                task.done = threading.Event()
                batch.tasks.append(task)
                batch.rows += task.rows
                if batch.rows == self._parameters.batch_rows:
                    self._wake_next()
                return None
        if len(waiting) >= self._parameters.max_enqueued_batches:
            raise ApiError(
                "UNAVAILABLE",
                "The batch scheduling queue to which this task was submitted is full; currently "
                f"{len(waiting)} batches enqueued and max_enqueued_batches is {self._parameters.max_enqueued_batches}",
            )
        due = task.started + self._parameters.batch_timeout_micros / 1e6
        batch = _Batch(queue, key, due, threading.Condition(self._lock), [task], task.rows)
        self._waiting.append(batch)
        return batch

    def _compute_in_turn(self, batch: _Batch) -> None:
        """Wait for the batch's turn, and compute it."""
        with self._lock:
            while True:
                now = time.perf_counter()
                if self._running < self._parameters.num_batch_threads and self._next(now) is batch:
                    break
                # Once it is due, another thread wakes it when its turn has come.
                batch.wake.wait(batch.due - now if now < batch.due else None)
            self._waiting.remove(batch)
            self._running += 1
            self._wake_next()
        try:
            self._run(batch)
        except Exception as error:
            for task in batch.tasks:
                if task.outcome is None:
                    task.outcome = error
        finally:
            with self._lock:
                self._running -= 1
                self._wake_next()
            for task in batch.tasks:
                if task.done:
                    task.done.set()

    def _next(self, now: float) -> _Batch | None:
        """Return the batch whose turn it is: the first that is full or has waited long enough."""
        full = self._parameters.batch_rows
        return next((batch for batch in self._waiting if batch.rows == full or batch.due <= now), None)

    def _wake_next(self) -> None:
        if self._running < self._parameters.num_batch_threads and (batch := self._next(time.perf_counter())):
            batch.wake.notify()

    def _run(self, batch: _Batch) -> None:
        """Compute a batch, and set the outcome of each of its calls."""
        now, tasks = time.perf_counter(), []
        for task in batch.tasks:
            self._metrics.batch_waited(now - task.started)
            if now - task.started < self._timeout:
                tasks.append(task)
            else:
                task.outcome = ApiError("RESOURCE_EXHAUSTED", "Run() timeout exceeded while waiting in batching queue")
        if tasks and not self._run_merged(batch.queue, tasks):
            for task in tasks:
                _run_alone(batch.queue, task)

    def _run_merged(self, queue: _Queue, tasks: list[_Task]) -> bool:
        """Compute several calls as one, and return True; return False where they must be computed one by one."""
        rows = sum(task.rows for task in tasks)
        padding = self._parameters.allowed(rows) - rows
        self._metrics.batch_run(rows + padding, padding)
        if len(tasks) == 1 and not padding:
            return False
        feeds = merge([task.feeds for task in tasks], padding)
        if feeds is None:
            return False
        try:
            outputs = queue.call(feeds)
        except ApiError as error:
            if error.code != "DEADLINE_EXCEEDED":
                return False  # A single call may have caused it.
            for task in tasks:
                task.outcome = error
            return True
        parts = split(outputs, [task.rows for task in tasks], padding)
        if parts is None:
            queue.mergeable = False
            _log.info("a signature's calls are computed one by one: its outputs do not have one row per input row")
            return False
        for task, part in zip(tasks, parts, strict=True):
            task.outcome = part
        return True


def _run_alone(queue: _Queue, task: _Task) -> None:
    try:
        task.outcome = queue.call(task.feeds)
    except Exception as error:
        task.outcome = error


def _joined(parts: list[Outputs], rows: int) -> Outputs:
    """Concatenate the outputs of a call that was computed in parts, of `rows` rows in all."""
    if any(not np.ndim(value) for part in parts for value in part.values()):
        raise ApiError("FAILED_PRECONDITION", "Batched output tensor has 0 dimensions")
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if any(len(value) != rows for value in joined.values()):
        raise ApiError("FAILED_PRECONDITION", _NOT_ROWS)
    return joined
