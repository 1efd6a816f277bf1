"""Concurrent calls, of functions that block until they are released and of a real model."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.waiting import HANG_SECONDS
from vitrine.saved_model.status import ApiError, invalid
from vitrine.serving.batching.batcher import Batcher
from vitrine.serving.batching.parameters import BatchingParameters
from vitrine.serving.lifecycle.manager import ServableManager
from vitrine.serving.monitoring import Metrics


class Doubling:
    """A function that doubles `x`. A call whose first number is 0 blocks until it is released; a 13 fails."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []
        self.held = threading.Event()
        self.released = threading.Event()

    def __call__(self, feeds: Any) -> dict[str, Any]:
        x = feeds["x"]
        self.batches.append(x.tolist())
        if x.flat[0] == 0:
            self.held.set()
            assert self.released.wait(HANG_SECONDS)
        if 13 in x:
            raise invalid("13 is not allowed")
        return {"y": x * 2}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as pool:
        yield pool


class BatchedSignature:
    """A signature behind a batcher, called from a thread pool."""

    def __init__(
        self, pool: ThreadPoolExecutor, function: Any = None, timeout: float = HANG_SECONDS, **parameters: Any
    ) -> None:
        self.metrics = Metrics()
        self.batcher = Batcher(BatchingParameters(**{"num_batch_threads": 1} | parameters), self.metrics, timeout)
        self.function = function or Doubling()
        self._call = self.batcher.batched(self.function)
        self._pool = pool

    def submit(self, *numbers: Any) -> Future[list[Any]]:
        def call() -> list[Any]:
            return self._call({"x": np.array(numbers)})["y"].tolist()

        return self._pool.submit(call)

    def queue(self, *calls: tuple[Any, ...]) -> list[Future[list[Any]]]:
        """Block the only thread, and let calls wait for it in this order."""
        held = self.submit(0)
        assert self.function.held.wait(HANG_SECONDS)
        futures = []
        for call in calls:
            waiting = self._waiting()
            futures.append(self.submit(*call))
            while self._waiting() == waiting and not futures[-1].done():
                time.sleep(0.001)
        return [held, *futures]

    def _waiting(self) -> int:
        return sum(len(batch.tasks) for batch in self.batcher._waiting)


def results(futures: list[Future[list[Any]]]) -> list[Any]:
    """Return the result of each call, or the message of its error."""
    return [str(future.exception(10)) if future.exception(10) else future.result() for future in futures]


def test_a_call_alone_is_computed_at_once(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool)
    assert signature.submit(1, 2).result(HANG_SECONDS) == [2, 4]
    assert signature.submit(3).result(HANG_SECONDS) == [6]
    assert signature.function.batches == [[1, 2], [3]]


def test_calls_that_wait_are_computed_together(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool)
    futures = signature.queue((1,), (2, 3), (4,))
    signature.function.released.set()
    assert results(futures) == [[0], [2], [4, 6], [8]]
    assert signature.function.batches == [[0], [1, 2, 3, 4]]


def test_calls_of_other_shapes_or_types_are_not_mixed(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool)
    futures = signature.queue((1,), (2.5,), ([1, 2],), (3,))
    signature.function.released.set()
    assert results(futures) == [[0], [2], [5.0], [[2, 4]], [6]]
    assert signature.function.batches == [[0], [1, 3], [2.5], [[1, 2]]]


def test_shapes_are_made_equal_where_that_is_asked_for(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool, pad_variable_length_inputs=True)
    futures = signature.queue(([1, 2],), ([3],))
    signature.function.released.set()
    assert results(futures) == [[0], [[2, 4]], [[6, 6]]]


def test_batches_are_no_larger_than_allowed(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool, max_batch_size=3)
    futures = signature.queue((1, 2), (3, 4), (5,))
    signature.function.released.set()
    assert results(futures) == [[0], [2, 4], [6, 8], [10]]
    assert signature.function.batches == [[0], [1, 2, 5], [3, 4]]


def test_batches_are_filled_up_to_an_allowed_size(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool, max_batch_size=8, allowed_batch_sizes=(4, 8))
    assert signature.submit(1, 2, 3).result(HANG_SECONDS) == [2, 4, 6]
    assert signature.submit(1, 2, 3, 4, 5).result(HANG_SECONDS) == [2, 4, 6, 8, 10]
    assert signature.function.batches == [[1, 2, 3, 1], [1, 2, 3, 4, 5, 1, 1, 1]]


def test_the_error_of_one_call_is_not_that_of_the_others(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool)
    futures = signature.queue((1,), (13,), (3,))
    signature.function.released.set()
    assert results(futures) == [[0], [2], "13 is not allowed", [6]]
    assert isinstance(futures[2].exception(), ApiError)


def test_a_deadline_is_that_of_all(pool: ThreadPoolExecutor) -> None:
    class Slow(Doubling):
        def __call__(self, feeds: Any) -> dict[str, Any]:
            outputs = super().__call__(feeds)
            if feeds["x"][0]:
                raise ApiError("DEADLINE_EXCEEDED", "too slow")
            return outputs

    signature = BatchedSignature(pool, Slow())
    futures = signature.queue((1,), (2,))
    signature.function.released.set()
    assert results(futures) == [[0], "too slow", "too slow"]
    assert signature.function.batches == [[0], [1, 2]]


def test_a_fault_of_the_program_reaches_every_call(pool: ThreadPoolExecutor) -> None:
    class Faulty(Doubling):
        def __call__(self, feeds: Any) -> dict[str, Any]:
            outputs = super().__call__(feeds)
            if len(feeds["x"]) > 1:
                raise MemoryError("no more")
            return outputs

    signature = BatchedSignature(pool, Faulty())
    futures = signature.queue((1,), (2,))
    signature.function.released.set()
    assert results(futures) == [[0], "no more", "no more"]
    assert signature.submit(5).result(HANG_SECONDS) == [10]


@pytest.mark.parametrize("total", [lambda x: x.sum(), lambda x: x[:1]])
def test_calls_whose_outputs_are_no_rows_are_computed_one_by_one(
    pool: ThreadPoolExecutor, total: Callable[[Any], Any]
) -> None:
    class Totals(Doubling):
        def __call__(self, feeds: Any) -> dict[str, Any]:
            super().__call__(feeds)
            return {"y": total(feeds["x"])}

    signature = BatchedSignature(pool, Totals())
    futures = signature.queue((1,), (2,))
    signature.function.released.set()
    assert np.ravel(results(futures)).tolist() == [0, 1, 2]
    assert np.ravel(signature.submit(3).result(HANG_SECONDS)).tolist() == [3]
    assert signature.function.batches == [[0], [1, 2], [1], [2], [3]]


def test_calls_without_common_rows_are_computed_by_themselves(pool: ThreadPoolExecutor) -> None:
    batcher = Batcher(BatchingParameters(num_batch_threads=1), Metrics(), 30.0)
    call = batcher.batched(lambda feeds: {"y": feeds["a"] + feeds["b"]})
    assert call({"a": np.array(1), "b": np.array(2)})["y"] == 3
    assert call({"a": np.array([1]), "b": np.array([2, 3])})["y"].tolist() == [3, 4]
    assert call({"a": np.zeros(0), "b": np.zeros(0)})["y"].tolist() == []


def test_a_call_of_too_many_rows_is_refused(pool: ThreadPoolExecutor) -> None:
    with pytest.raises(ApiError, match="Task size 4 is larger than maximum input batch size 3") as raised:
        BatchedSignature(pool, max_batch_size=3).submit(1, 2, 3, 4).result(HANG_SECONDS)
    assert raised.value.code == "INVALID_ARGUMENT"


def test_a_call_of_many_rows_is_computed_in_parts_where_that_is_allowed(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool, max_batch_size=5, enable_large_batch_splitting=True, max_execution_batch_size=2)
    assert signature.submit(1, 2, 3, 4, 5).result(HANG_SECONDS) == [2, 4, 6, 8, 10]
    assert signature.function.batches == [[1, 2], [3, 4], [5]]
    with pytest.raises(ApiError, match="Task size 6 is larger than maximum input batch size 5"):
        signature.submit(*range(1, 7)).result(HANG_SECONDS)


def test_a_full_queue_refuses(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool, max_batch_size=1, max_enqueued_batches=2)
    futures = signature.queue((1,), (2,), (3,))
    with pytest.raises(ApiError, match="is full; currently 2 batches enqueued and max_enqueued_batches is 2") as raised:
        futures[3].result(HANG_SECONDS)
    assert raised.value.code == "UNAVAILABLE"
    signature.function.released.set()
    assert results(futures[:3]) == [[0], [2], [4]]


def test_a_batch_waits_for_more_until_its_time_is_up_or_it_is_full(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool, max_batch_size=2, batch_timeout_micros=300_000)
    started = time.monotonic()
    assert signature.submit(1).result(HANG_SECONDS) == [2]
    assert 0.3 <= time.monotonic() - started < HANG_SECONDS
    signature = BatchedSignature(pool, max_batch_size=2, batch_timeout_micros=60_000_000)
    assert results([signature.submit(1), signature.submit(2)]) == [[2], [4]]
    assert sorted(signature.function.batches[0]) == [1, 2]


def test_a_call_that_waited_too_long_is_refused(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool, timeout=2)
    futures = signature.queue((1,))
    time.sleep(2.1)
    signature.function.released.set()
    assert results(futures) == [[0], "Run() timeout exceeded while waiting in batching queue"]
    assert futures[1].exception().code == "RESOURCE_EXHAUSTED"


def test_as_many_batches_are_computed_at_a_time_as_there_are_threads(pool: ThreadPoolExecutor) -> None:
    running, peak, lock = 0, 0, threading.Lock()

    def call(feeds: Any) -> dict[str, Any]:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        time.sleep(0.005)
        with lock:
            running -= 1
        return {"y": feeds["x"] * 2}

    signature = BatchedSignature(pool, call, num_batch_threads=3, max_batch_size=2, max_enqueued_batches=100)
    futures = [signature.submit(number) for number in range(200)]
    assert results(futures) == [[2 * number] for number in range(200)]
    assert peak == 3


def test_batches_are_counted(pool: ThreadPoolExecutor) -> None:
    signature = BatchedSignature(pool, max_batch_size=4, allowed_batch_sizes=(1, 4))
    futures = signature.queue((1,), (2, 3))
    signature.function.released.set()
    results(futures)
    page = signature.metrics.page().decode().splitlines()
    prefix = ":tensorflow:serving:batching_session"
    assert f'{prefix}:queuing_latency_count{{thread_pool_name=""}} 3' in page
    assert f"{prefix}:input_batch_size_sum{{}} 4.0" in page
    assert f"{prefix}:processed_batch_size_sum{{}} 5.0" in page
    assert f'{prefix}:processed_batch_size_bucket{{le="2"}} 1' in page
    assert f'{prefix}:padding_size_sum{{execution_batch_size="4"}} 1.0' in page


class TestServer:
    @pytest.fixture(scope="class")
    def url(self, contract_models: Path, serve_rest: Callable[..., str]) -> Iterator[str]:
        """The URL of a server that batches the requests of 20 ms."""
        parameters = BatchingParameters(max_batch_size=64, batch_timeout_micros=20_000)
        servables = ServableManager(contract_models, batching=parameters)
        servables.refresh()
        yield serve_rest(servables, workers=16)
        servables.close()

    def post(self, url: str, pool: ThreadPoolExecutor, bodies: list[Any]) -> list[Any]:
        with httpx.Client(base_url=url, timeout=HANG_SECONDS) as client:
            return list(pool.map(lambda body: client.post("/v1/models/contract:predict", json=body).json(), bodies))

    def test_every_request_gets_its_own_answer(self, url: str, pool: ThreadPoolExecutor) -> None:
        words = [["mug"] * (1 + index % 3) + [str(index)] for index in range(40)]
        answers = self.post(url, pool, [{"signature_name": "describe", "instances": rows} for rows in words])
        products = [[row["product_id"][0] for row in answer["predictions"]] for answer in answers]
        assert products == words
        page = httpx.get(f"{url}/monitoring/prometheus/metrics", timeout=HANG_SECONDS).text
        batches = next(line for line in page.splitlines() if "processed_batch_size_count" in line)
        assert int(batches.split()[-1]) < 40

    def test_a_bad_request_spoils_no_other(self, url: str, pool: ThreadPoolExecutor) -> None:
        good = {"signature_name": "join", "instances": [{"vector": [1, 2, 3], "label": "a"}]}
        bad = {"signature_name": "join", "instances": [{"vector": [1, 2], "label": "b"}]}
        answers = self.post(url, pool, [good, bad] * 10)
        assert answers[::2] == [{"predictions": [{"label": "a", "projected": [4.0, 5.0]}]}] * 10
        assert all("Matrix size-incompatible" in answer["error"] for answer in answers[1::2])

    def test_scalars_and_totals_are_answered_as_without_batches(self, url: str, pool: ThreadPoolExecutor) -> None:
        bodies = [{"signature_name": "totals", "inputs": [float(index), 1.0]} for index in range(10)]
        answers = self.post(url, pool, bodies)
        assert answers == [{"outputs": {"total": index + 1.0, "rows": 2}} for index in range(10)]
        ragged = {"signature_name": "ragged", "inputs": [1.0, 2.0]}
        assert self.post(url, pool, [ragged] * 4) == [{"outputs": {"all": [1.0, 2.0], "first": [1.0]}}] * 4
