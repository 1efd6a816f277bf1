"""Every error is answered with a short JSON problem that names no file, machine or source line."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.vitrine.gateway.test_cache import catalogue
from vitrine.gateway.http.errors import MAX_DETAILS, MAX_LENGTH


def post(client: httpx.Client, body: str, path: str = "/predict") -> httpx.Response:
    return client.post(path, content=body.encode(), headers={"content-type": "application/json"})


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "[]", "3", "{", '{"query": "mug"', "\ufeff{}", '{"query": NaN}', '{"query": "\\ud800"}',
        '{"query": "mug", "\\ud800": 1}', '{"query": "mug", "filters": {"\\udfff": []}}',
        '{"query": "mug", "k": 1e400}',
        '{"query": "mug", "min_score": NaN}', '{"query": "mug", "filters": {"price_min": Infinity}}',
        '{"query": {"$gt": ""}}', "[" * 100_000, '{"a":' * 50_000, '{"query": "mug", "k": ' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_a_body_that_is_not_right_is_a_problem(client: httpx.Client, body: str) -> None:
    response = post(client, body)
    assert response.status_code in (400, 422), response.text
    problem = response.json()
    assert problem["error"]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text


def test_a_thousand_faults_make_a_short_answer(client: httpx.Client) -> None:
    response = post(client, json.dumps({"query": "mug"} | {f"{number}{'x' * 400}": 1 for number in range(1000)}))
    assert response.status_code == 422
    assert len(response.json()["details"]) == MAX_DETAILS
    assert max(map(len, response.json()["details"])) == MAX_LENGTH


def test_bytes_that_are_no_text_are_a_problem(client: httpx.Client) -> None:
    response = client.post("/predict", content=b'{"query": "\xff\xfe"}', headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    form = {"query": b"\xff", "filters": b"\xfe{}"}
    files = {name: (None, value) for name, value in form.items()}
    assert client.post("/predict-image", files=files).status_code == 422


def test_errors_of_the_model_server_are_not_disclosed(pushed: Path, start_gateway: Any) -> None:
    from tests.vitrine.gateway.test_server import client_before_ready

    with client_before_ready({"catalogues": catalogue(pushed, "http://127.0.0.1:9")}) as client:
        response = client.post("/predict", json={"query": "red mug"})
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["error"] == "the catalogue cannot be searched at the moment; /ready says why"
    assert str(pushed) not in response.text
