import gzip
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.waiting import HANG_SECONDS

PREDICT = "/v1/models/contract:predict"


@pytest.fixture(scope="module")
def small(contract_models: Path, start_server: Callable[..., str]) -> str:
    """A server that takes bodies of at most 1,000 bytes."""
    return start_server(contract_models, body_bytes=1000)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory, start_server: Callable[..., str]) -> str:
    """A server with two workers and a second to answer, of a model that counts up to its input one by one."""
    import tensorflow as tf

    directory = tmp_path_factory.mktemp("slow")

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32, name="until")])
    def count(until: Any) -> dict[str, Any]:
        return {"count": tf.while_loop(lambda i: i < until, lambda i: (i + 1,), [0])[0]}

    module = tf.Module()
    module.count = count
    tf.saved_model.save(module, str(directory / "slow" / "1"), signatures=count)
    return start_server(directory, timeout_seconds=3.0, workers=2)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused(small: str, chunked: bool) -> None:
    body = json.dumps({"instances": [1.0] * 1000}).encode()
    content = iter([body[:600], body[600:]]) if chunked else body
    response = httpx.post(small + PREDICT, content=content, timeout=HANG_SECONDS)
    assert response.status_code == 413
    assert response.json() == {"error": "The request body is larger than the limit of 1000 bytes."}


def test_gzip_bodies_are_unpacked(contract_url: str) -> None:
    body = gzip.compress(b'{"instances": [1.0]}', mtime=0)
    response = httpx.post(
        contract_url + PREDICT, content=body, headers={"content-encoding": "gzip"}, timeout=HANG_SECONDS
    )
    assert response.json() == {"predictions": [2.0]}


@pytest.mark.parametrize(
    ("body", "status"),
    [(gzip.compress(b" " * 10**6, mtime=0), 413), (b"no gzip", 400), (gzip.compress(b"{}", mtime=0)[:-9], 400)],
)
def test_gzip_bodies_that_are_bombs_or_damaged_are_refused(small: str, body: bytes, status: int) -> None:
    response = httpx.post(small + PREDICT, content=body, headers={"content-encoding": "gzip"}, timeout=HANG_SECONDS)
    assert response.status_code == status
    assert "error" in response.json()


def test_a_computation_over_time_is_answered_with_504(slow: str) -> None:
    response = httpx.post(slow + "/v1/models/slow:predict", content=b'{"inputs": 2000000000}', timeout=HANG_SECONDS)
    assert response.status_code == 504
    assert "error" in response.json()


def test_other_requests_are_answered_while_one_computes(slow: str) -> None:
    url = slow + "/v1/models/slow:predict"
    body, limit = b'{"inputs": 2000000000}', {"timeout": HANG_SECONDS}
    long = threading.Thread(target=httpx.post, args=(url,), kwargs={"content": body, **limit})
    long.start()
    assert httpx.post(url, content=b'{"inputs": 3}', timeout=HANG_SECONDS).json() == {"outputs": 3}
    assert long.is_alive()
    long.join()


def test_deep_nesting_is_an_error_and_no_crash(contract_url: str) -> None:
    for depth in (60, 100, 900, 5000, 100_000):
        body = b'{"instances": ' + b"[" * depth + b"1.0" + b"]" * depth + b"}"
        response = httpx.post(contract_url + PREDICT, content=body, timeout=HANG_SECONDS)
        assert response.status_code in (200, 400), depth


def test_a_long_offending_value_is_cut_in_the_message(contract_url: str) -> None:
    body = json.dumps({"instances": ["x" * 100_000]}).encode()
    response = httpx.post(contract_url + PREDICT, content=body, timeout=HANG_SECONDS)
    assert response.status_code == 400
    assert len(response.content) < 1000


def test_requests_are_counted_where_prometheus_looks(start_server: Callable[..., str], contract_models: Path) -> None:
    with httpx.Client(base_url=start_server(contract_models), timeout=HANG_SECONDS) as client:
        client.post("/v1/models/contract:predict", json={"instances": [1.0]})
        client.post("/v1/models/contract:predict", json={"instances": ["mug"]})
        client.post("/v1/models/examples:regress", json={"signature_name": "total", "examples": [{"x": 1.0}]})
        client.post("/v1/models/invented:predict", json={"instances": [1.0]})
        response = client.get("/monitoring/prometheus/metrics")
        assert client.post("/monitoring/prometheus/metrics").status_code == 404
    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    assert ':tensorflow:serving:request_count{model_name="contract",status="OK"} 1' in lines
    assert ':tensorflow:serving:request_count{model_name="contract",status="INVALID_ARGUMENT"} 1' in lines
    labels = 'model_name="contract",API="predict",entrypoint="REST"'
    assert f":tensorflow:serving:request_latency_count{{{labels}}} 1" in lines
    runtime = 'model_name="contract",API="Predict",runtime="TF1"'
    assert f":tensorflow:serving:runtime_latency_count{{{runtime}}} 1" in lines
    assert ':tensorflow:serving:request_example_count_total{model="examples"} 1' in lines
    path = contract_models / "contract" / "1"
    assert f':tensorflow:cc:saved_model:load_attempt_count{{model_path="{path}",status="success"}} 1' in lines
    assert "invented" not in response.text
