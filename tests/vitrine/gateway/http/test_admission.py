"""Requests that are too large, too frequent, too slow or without a valid key are refused, and all others answered."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from tests.vitrine.gateway.conftest import gateway, serving_app
from tests.vitrine.gateway.test_cache import catalogue
from tests.vitrine.search.shop import image_bytes
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.gateway.http.admission import AdmissionControl, key_token
from vitrine.gateway.http.middleware import HEADERS, RequestMiddleware
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.settings import LimitSettings


@contextmanager
def admitted(limits: dict[str, Any], work: Any, **options: Any) -> Iterator[httpx.Client]:
    """Yield a client of an application that reads a body and then does `work`, behind admission control."""

    async def answer(request: Request) -> Any:
        body = await request.body()
        return await work(request) or JSONResponse({"bytes": len(body)})

    methods = ["GET", "POST"]
    app = Starlette(routes=[Route("/work", answer, methods=methods), Route("/health", answer, methods=methods)])
    metrics = GatewayMetrics()
    admission = AdmissionControl(app, LimitSettings.model_validate(limits), metrics, **options)
    with (
        serving_app(RequestMiddleware(admission, metrics)) as url,
        httpx.Client(base_url=url, timeout=HANG_SECONDS) as client,
    ):
        client.metrics = metrics  # type: ignore[attr-defined]
        yield client


async def nothing(_: Request) -> None:
    """Answer at once."""


def port_of(client: httpx.Client) -> int:
    assert client.base_url.port
    return client.base_url.port


def exchange(client: httpx.Client, sent: bytes, *later: bytes, pause: float = 0.0) -> tuple[int, dict[str, str], bytes]:
    """Send these bytes, and return the status, headers and body of the answer, until the server closes."""
    with socket.create_connection(("127.0.0.1", port_of(client)), timeout=HANG_SECONDS) as connection:
        connection.sendall(sent)
        for part in later:
            time.sleep(pause)
            connection.sendall(part)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
            if not later and answer.endswith(b"}"):
                break
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(status.split()[1]), headers, body


class TestBodies:
    LIMIT = 2**16

    def test_one_at_the_limit_is_read_and_one_above_is_not(self) -> None:
        with admitted({"body_bytes": self.LIMIT}, nothing) as client:
            assert client.post("/work", content=bytes(self.LIMIT)).json() == {"bytes": self.LIMIT}
            refused = client.post("/work", content=bytes(self.LIMIT + 1))
        assert refused.status_code == 413
        assert refused.json()["error"] == "the body is larger than the 65,536 bytes allowed"
        assert refused.headers["connection"] == "close"

    def test_what_is_declared_is_refused_before_it_is_sent(self) -> None:
        with admitted({"body_bytes": self.LIMIT}, nothing) as client:
            for length in ("65537", "999999999999"):
                head = f"POST /work HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n"
                assert exchange(client, head.encode())[0] == 413

    @pytest.mark.parametrize("path", ["/predict", "/predict-image"])
    def test_chunks_are_counted(self, client: httpx.Client, path: str) -> None:
        limit = 2**20 if path == "/predict" else 10 * 2**20
        boundary = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n'

        def chunks() -> Iterator[bytes]:
            yield b'{"query": "' if path == "/predict" else boundary
            for _ in range(limit // 2**16 + 2):
                yield b"x" * 2**16

        kind = "application/json" if path == "/predict" else "multipart/form-data; boundary=x"
        try:
            response = client.post(path, content=chunks(), headers={"content-type": kind})
        except (httpx.WriteError, httpx.ReadError):
            pytest.skip("the server closed before this client had sent all of it")
        assert response.status_code == 413
        assert set(HEADERS) <= set(response.headers)

    def test_a_body_without_length_is_bounded_in_a_raw_request_too(self, client: httpx.Client) -> None:
        head = (
            b"POST /predict HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        chunk = b"10000\r\n" + b" " * 2**16 + b"\r\n"
        status, headers, body = exchange(client, head + chunk * 17)
        assert status == 413
        assert json.loads(body)["request_id"] == headers["x-request-id"]


class TestTime:
    def test_an_answer_that_takes_too_long_is_given_up_with_its_work(self) -> None:
        ended = threading.Event()

        async def slow(_: Request) -> None:
            try:
                await asyncio.sleep(HANG_SECONDS)
            finally:
                ended.set()

        with admitted({"seconds": 0.3}, slow) as client:
            started = time.monotonic()
            response = client.get("/work")
            assert response.status_code == 504
            assert response.json()["error"] == "the answer took longer than 0.3 seconds"
            assert time.monotonic() - started < HANG_SECONDS
            assert ended.wait(HANG_SECONDS)
            assert client.metrics.under_way._value.get() == 0  # type: ignore[attr-defined]

    def test_a_slow_body_is_the_clients_fault(self) -> None:
        with admitted({"seconds": 0.4}, nothing) as client:
            head = b"POST /work HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n"
            status, headers, body = exchange(client, head, b"a", b"b", pause=0.1)
        assert (status, headers["connection"]) == (408, "close")
        assert json.loads(body)["error"] == "the body took longer than 0.4 seconds"

    def test_an_answer_that_has_begun_may_take_its_time(self) -> None:
        async def stream(_: Request) -> Any:
            async def parts() -> Any:
                for _ in range(5):
                    yield b"x"
                    await asyncio.sleep(0.6)

            return StreamingResponse(parts())

        with admitted({"seconds": 2}, stream) as client:
            assert client.get("/work").content == b"xxxxx"

    def test_a_timeout_of_the_works_own_is_an_internal_error(self) -> None:
        async def fail(_: Request) -> None:
            raise TimeoutError("something else")

        with admitted({"seconds": 5}, fail) as client:
            assert client.get("/work").status_code == 500


def test_too_many_requests_at_a_time_are_refused() -> None:
    inside, leave = threading.Barrier(4), threading.Event()

    async def wait(request: Request) -> None:
        if request.url.path == "/work":
            await asyncio.to_thread(inside.wait, HANG_SECONDS)
            await asyncio.to_thread(leave.wait, HANG_SECONDS)

    with admitted({"concurrent": 3}, wait) as client:
        statuses: list[int] = []
        threads = [threading.Thread(target=lambda: statuses.append(client.get("/work").status_code)) for _ in range(3)]
        for thread in threads:
            thread.start()
        inside.wait(HANG_SECONDS)
        refused = client.get("/work")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert client.get("/health").status_code == 200
        leave.set()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 3
        inside.reset()


class TestRate:
    def test_a_refused_client_learns_when_to_retry(self) -> None:
        with admitted({"rate": "3/second"}, nothing) as client:
            answered = 0
            while (refused := client.get("/work")).status_code == 200:
                answered += 1
            assert refused.status_code == 429
            assert answered >= 3
            assert refused.json()["error"] == "more than 3 requests a second; try again later"
            assert refused.headers["retry-after"] == "1"
            assert client.get("/health").status_code == 200
            wait_until(lambda: client.get("/work").status_code == 200)

    def test_a_client_cannot_choose_its_address(self) -> None:
        with admitted({"rate": "2/hour"}, nothing) as client:
            statuses = [client.get("/work", headers={"x-forwarded-for": f"10.0.0.{n}"}).status_code for n in range(3)]
        assert statuses == [200, 200, 429]

    def test_behind_a_proxy_its_word_counts_and_not_the_clients(self) -> None:
        async def scheme(request: Request) -> Any:
            return JSONResponse(request.url.scheme)

        def ask(*forwarded: str) -> int:
            headers = [("x-forwarded-for", address) for address in forwarded]
            return client.get("/work", headers=headers).status_code

        with admitted({"rate": "2/hour"}, scheme, trust_proxy=True) as client:
            assert [ask("10.0.0.1"), ask("6.6.6.6, 10.0.0.1"), ask("7.7.7.7", "10.0.0.1")] == [200, 200, 429]
            assert ask("10.0.0.2") == 200
            assert client.get("/work", headers={"x-forwarded-proto": "https"}).json() == "https"
            assert client.get("/work", headers={"x-forwarded-proto": "gopher"}).json() == "http"


class TestKeys:
    @pytest.fixture(scope="class")
    def keyed(self) -> Iterator[httpx.Client]:
        keys = frozenset({"first-key", "schlüssel"})
        with admitted({"rate": "5/hour"}, nothing, keys=keys) as client:
            yield client

    @pytest.mark.parametrize(
        "headers",
        [
            {"x-api-key": "first-key"},
            {"authorization": "Bearer first-key"},
            {"authorization": "bearer  first-key"},
            {"x-api-key": "schlüssel".encode()},
        ],
    )
    def test_a_known_key_is_admitted(self, keyed: httpx.Client, headers: Any) -> None:
        assert keyed.get("/work", headers=headers).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [{}, {"x-api-key": "first-ke"}, {"authorization": "Basic first-key"}, {"x-api-key": "\xff".encode("latin-1")}],
    )
    def test_any_other_is_not(self, keyed: httpx.Client, headers: Any) -> None:
        response = keyed.get("/work", headers=headers)
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
        assert keyed.get("/health", headers=headers).status_code == 200

    def test_guessing_has_a_rate_and_takes_none_from_those_with_a_key(self, keyed: httpx.Client) -> None:
        statuses = [keyed.get("/work", headers={"x-api-key": str(number)}).status_code for number in range(6)]
        assert statuses[-1] == 429
        assert keyed.get("/work", headers={"x-api-key": "schlüssel".encode()}).status_code == 200


COOKIE = {"cookie": f"a=b; vitrine_key={key_token(b'first-key')}"}


class TestCookies:
    @pytest.fixture(scope="class")
    def keyed(self) -> Iterator[httpx.Client]:
        with admitted({}, nothing, keys=frozenset({"first-key", "second-key"})) as client:
            yield client

    def test_the_token_of_a_key_is_as_good_as_the_key(self, keyed: httpx.Client) -> None:
        assert keyed.get("/work", headers=COOKIE).status_code == 200

    def test_a_header_counts_before_a_cookie(self, keyed: httpx.Client) -> None:
        assert keyed.get("/work", headers={**COOKIE, "x-api-key": "wrong"}).status_code == 401
        assert keyed.get("/work", headers={**COOKIE, "authorization": "Basic wrong"}).status_code == 200

    @pytest.mark.parametrize("token", ["", "first-key", key_token(b"wrong"), key_token(b""), "\xff"])
    def test_any_other_cookie_is_refused(self, keyed: httpx.Client, token: str) -> None:
        cookie = {"cookie": f"vitrine_key={token}".encode("latin-1")}
        assert keyed.get("/work", headers=cookie).status_code == 401

    def test_a_key_has_one_rate_whichever_way_it_comes(self) -> None:
        with admitted({"rate": "3/hour"}, nothing, keys=frozenset({"first-key"})) as client:
            ways = [{"x-api-key": "first-key"}, COOKIE] * 2
            assert [client.get("/work", headers=headers).status_code for headers in ways] == [200, 200, 200, 429]


@pytest.fixture(scope="module")
def secured(pushed: Path, rest_url: str, start_gateway: Any) -> Iterator[httpx.Client]:
    """A gateway with keys and an origin that may call it."""
    import os

    os.environ["VITRINE_TEST_KEYS"] = "open-sesame"
    security = {"api_keys_env": "VITRINE_TEST_KEYS", "cors_origins": ["https://shop.example"]}
    with start_gateway({"catalogues": catalogue(pushed, rest_url), "security": security}) as client:
        yield client
    del os.environ["VITRINE_TEST_KEYS"]


def test_what_watches_the_process_needs_no_key_but_searches_do(secured: httpx.Client) -> None:
    for path in ("/health", "/ready", "/metrics", "/openapi.json", "/"):
        assert secured.get(path).status_code == 200
    for path in ("/models", "/products/red-mug", "/nowhere"):
        assert secured.get(path).status_code == 401
    key = {"x-api-key": "open-sesame"}
    assert secured.post("/predict", json={"query": "red mug"}).status_code == 401
    assert secured.post("/predict", json={"query": "red mug"}, headers=key).status_code == 200
    files = {"file": ("a.png", image_bytes("red"), "image/png")}
    assert secured.post("/predict-image", files=files, headers=key).status_code == 200


def test_a_session_keeps_the_key_for_a_page_until_it_is_closed(secured: httpx.Client) -> None:
    assert secured.post("/session").status_code == 401
    assert secured.post("/session", headers={"x-api-key": "wrong"}).status_code == 401
    with httpx.Client(base_url=secured.base_url, timeout=HANG_SECONDS) as page:
        opened = page.post("/session", headers={"x-api-key": "open-sesame"})
        assert (opened.status_code, opened.content) == (204, b"")
        token = page.cookies["vitrine_key"]
        assert opened.headers["set-cookie"] == (
            f"vitrine_key={token}; HttpOnly; Max-Age=2592000; Path=/; SameSite=strict"
        )
        assert page.post("/predict", json={"query": "red mug"}).status_code == 200
        assert page.get("/models").json()["session"] is True
        image = page.get("/products/red-mug/image")
        assert (image.status_code, image.headers["cache-control"]) == (200, "private, max-age=3600")
        assert page.delete("/session").status_code == 204
        assert "vitrine_key" not in page.cookies
        assert page.get("/models").status_code == 401


def test_a_session_over_https_is_for_https_only(pushed: Path, monkeypatch: pytest.MonkeyPatch, rest_url: str) -> None:
    monkeypatch.setenv("SHOP_KEYS", "open-sesame")
    security = {"api_keys_env": "SHOP_KEYS", "trust_proxy": True}
    with gateway({"catalogues": catalogue(pushed, rest_url), "security": security}) as client:
        headers = {"authorization": "Bearer open-sesame", "x-forwarded-proto": "https"}
        assert "; Secure" in client.post("/session", headers=headers).headers["set-cookie"]


def test_without_keys_a_session_is_nothing(client: httpx.Client) -> None:
    opened = client.post("/session", headers={"x-api-key": "anything"})
    assert (opened.status_code, opened.headers.get("set-cookie")) == (204, None)
    assert client.get("/models", headers=COOKIE).json()["session"] is False


def test_a_key_in_a_header_is_no_session(secured: httpx.Client) -> None:
    assert secured.get("/models", headers={"x-api-key": "open-sesame"}).json()["session"] is False


def test_pages_of_named_origins_may_ask_and_read_refusals(secured: httpx.Client) -> None:
    asks = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    preflight = secured.options("/predict", headers=asks | {"access-control-request-headers": "authorization"})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "https://shop.example"
    assert "x-content-type-options" in preflight.headers
    refused = secured.post("/predict", json={"query": "red mug"}, headers={"origin": "https://shop.example"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://shop.example"
    assert "retry-after" in refused.headers["access-control-expose-headers"]
    stranger = secured.options("/predict", headers=asks | {"origin": "https://evil.example"})
    assert (stranger.status_code, stranger.headers.get("access-control-allow-origin")) == (400, None)


def test_without_origins_no_page_elsewhere_may_ask(client: httpx.Client) -> None:
    asks = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in client.options("/predict", headers=asks).headers


def test_images_of_products_do_not_count_against_the_rate(pushed: Path) -> None:
    limits = {"rate": "3/hour"}
    with gateway({"catalogues": {"shop": {"serving": pushed}}, "limits": limits}) as client:
        images = [client.get("/products/red-mug/image").status_code for _ in range(6)]
        products = [client.get("/products/red-mug").status_code for _ in range(4)]
    assert images == [200] * 6
    assert products == [200, 200, 200, 429]


def test_keys_cannot_be_guessed_by_requesting_images(pushed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEYS", "open-sesame")
    security, limits = {"api_keys_env": "SHOP_KEYS"}, {"rate": "3/hour"}
    with gateway({"catalogues": {"shop": {"serving": pushed}}, "limits": limits, "security": security}) as client:
        guessed = [client.get("/products/red-mug/image", headers={"x-api-key": str(n)}).status_code for n in range(5)]
        known = client.get("/products/red-mug/image", headers={"x-api-key": "open-sesame"}).status_code
    assert guessed == [401, 401, 401, 429, 429]
    assert known == 200
