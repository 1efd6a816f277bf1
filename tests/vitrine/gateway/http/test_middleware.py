"""Every response has an id and security headers, every request a line in the log; clients may disconnect any time."""

import json
import logging
import re
import socket
import struct
import time
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.vitrine.search.shop import image_bytes
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.gateway.http.logs import FIELDS
from vitrine.gateway.http.middleware import HEADERS

REQUESTS = [
    ("GET", "/health", 200),
    ("GET", "/", 200),
    ("GET", "/metrics", 200),
    ("GET", "/nowhere/at/all", 404),
    ("GET", "/products/none", 404),
    ("GET", "/predict", 405),
    ("DELETE", "/models", 405),
    ("OPTIONS", "/predict", 405),
    ("TRACE", "/health", 405),
    ("PATCH", "/nowhere/at/all", 404),
    ("POST", "/predict", 422),
    ("GET", "/assets/../../setup.py", 404),
    ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_every_answer_has_an_id_and_the_headers(client: httpx.Client, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])
    if status >= 400:
        assert response.json()["request_id"] == response.headers["x-request-id"]
    if status == 405:
        assert response.headers["allow"]


@pytest.mark.parametrize("path", ["/health", "/models", "/", "/products/red-mug", "/products/red-mug/image"])
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == str(len(get.content))


@pytest.mark.parametrize(
    ("sent_id", "is_kept"),
    [
        ("abcdef-12345_X", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("short", False),
        ("has space", False),
        ("", False),
    ],
)
def test_a_sane_id_is_kept_and_any_other_replaced(client: httpx.Client, sent_id: str, is_kept: bool) -> None:
    response = client.get("/products/none", headers={"x-request-id": sent_id})
    assert (response.headers["x-request-id"] == sent_id) is is_kept
    assert response.json()["request_id"] == response.headers["x-request-id"]


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [getattr(record, FIELDS, {}) for record in caplog.records if record.name == "vitrine.gateway.access"]


def under_way(client: httpx.Client) -> float:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return next(family.samples[0].value for family in families if family.name == "vitrine_requests_under_way")


def wait_for(caplog: pytest.LogCaptureFixture, status: int) -> dict[str, Any]:
    wait_until(lambda: any(line["status"] == status for line in lines(caplog)), lambda: lines(caplog))
    return next(line for line in lines(caplog) if line["status"] == status)


def test_a_request_is_one_line_without_what_was_asked(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    headers = {"x-request-id": "the-request", "x-api-key": "hush-hush", "x-user-id": "somebody"}
    with caplog.at_level(logging.INFO):
        client.post("/predict", json={"query": "embarrassing mug"}, headers=headers)
        client.get("/products/secret-product", headers={"x-request-id": "the-second"})
    first, second = lines(caplog)
    assert (first["request_id"], first["method"], first["route"], first["status"]) == (
        "the-request", "POST", "/predict", 200
    )  # fmt: skip
    assert first["ms"] > 0
    assert (second["request_id"], second["route"], second["status"]) == ("the-second", "/products/{product_id}", 404)
    ours = " ".join(
        f"{record.getMessage()} {record.__dict__}" for record in caplog.records if record.name.startswith("vitrine")
    )
    for secret in ("embarrassing", "hush-hush", "somebody", "secret-product"):
        assert secret not in ours


def wait_until_idle(client: httpx.Client) -> None:
    """Wait until no request is in progress but the one for the metrics."""
    wait_until(lambda: under_way(client) == 1)


def reset(connection: socket.socket) -> None:
    """Reset the connection, as a client that crashes does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("path", ["/predict", "/predict-image"])
def test_a_client_that_leaves_while_it_sends_is_no_error(
    client: httpx.Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    kind = "application/json" if path == "/predict" else "multipart/form-data; boundary=x"
    head = f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {kind}\r\ncontent-length: 5000\r\n\r\n--x\r\n"
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            connection = socket.create_connection(("127.0.0.1", client.base_url.port or 0))
            connection.sendall(head.encode())
            time.sleep(0.05)
            reset(connection)
        wait_for(caplog, 499)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert {line["status"] for line in lines(caplog)} <= {499, 200}
    wait_until_idle(client)


def test_a_client_that_leaves_before_it_is_answered_is_no_error(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps({"query": "red mug", "k": 20, "anyway": True}).encode()
    head = f"POST /predict HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            connection = socket.create_connection(("127.0.0.1", client.base_url.port or 0))
            connection.sendall(head.encode() + body)
            reset(connection)
        for _ in range(3):
            connection = socket.create_connection(("127.0.0.1", client.base_url.port or 0))
            connection.sendall(b"GET /products/red-mug/image HTTP/1.1\r\nhost: a\r\n\r\n")
            reset(connection)
        time.sleep(0.3)
        assert client.get("/health").status_code == 200
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    wait_until_idle(client)


def test_garbage_is_answered_and_the_next_request_too(client: httpx.Client) -> None:
    for sent in (b"\0\1\2\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"x" * 100_000):
        with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=HANG_SECONDS) as connection:
            try:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(1000)
            except OSError:
                answer = b""
        assert answer == b"" or b" 400 " in answer or b" 200 " in answer
    assert client.get("/health").status_code == 200


def test_an_exception_is_answered_without_its_trace(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from tests.vitrine.gateway.conftest import serving_app
    from vitrine.gateway.http.middleware import RequestMiddleware
    from vitrine.gateway.monitoring import GatewayMetrics

    async def fail(_: Any) -> None:
        raise RuntimeError("a secret of ours")

    app = RequestMiddleware(Starlette(routes=[Route("/fail", fail)]), GatewayMetrics())
    with serving_app(app) as url, caplog.at_level(logging.INFO):
        response = httpx.get(f"{url}/fail", timeout=HANG_SECONDS)
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "a secret of ours" in caplog.text
    (failed,) = [
        record for record in caplog.records if record.levelno == logging.ERROR and record.name.startswith("vitrine")
    ]
    assert getattr(failed, FIELDS)["request_id"] == response.headers["x-request-id"]


def test_an_image_that_was_deleted_is_only_missing(
    pushed: Any, tmp_path: Any, rest_url: str, start_gateway: Any
) -> None:
    from tests.vitrine.gateway.conftest import push
    from tests.vitrine.gateway.test_cache import catalogue

    push(pushed, tmp_path, 1)
    images = tmp_path / "images"
    images.mkdir()
    (images / "red-mug.png").write_bytes(image_bytes("red"))
    shop = catalogue(tmp_path, rest_url)["shop"] | {"image_root": str(images)}
    with start_gateway({"catalogues": {"shop": shop}}) as client:
        assert client.get("/products/red-mug/image").status_code == 200
        (images / "red-mug.png").unlink()
        assert client.get("/products/red-mug/image").status_code == 404
        (tmp_path / "index" / "1" / "vectors.parquet").unlink()
        assert client.post("/predict", json={"query": "red mug"}).status_code == 200
