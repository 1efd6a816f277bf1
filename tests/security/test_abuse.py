"""Keys, sessions, paths, headers, logs and feedback that are not what they claim to be."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.security.conftest import exchange, running_gateway, statuses
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.clicks.filters import leave_out
from vitrine.clicks.reading import read_log
from vitrine.clicks.settings import FilterSettings
from vitrine.errors import DataError
from vitrine.gateway.http.logs import log_as_text
from vitrine.http_server.limits import DEFAULT_LIMITS

TYPE = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="module")
def client(pushed: Path, servables: Any, events: Path) -> Iterator[httpx.Client]:
    """A client of a gateway with keys for searching and for changes, and an event log."""
    settings = {
        "security": {"api_keys_env": "SECURITY_READ", "update_keys_env": "SECURITY_WRITE"},
        "log": {"directory": events},
    }
    os.environ |= {"SECURITY_READ": "reader", "SECURITY_WRITE": "writer"}
    with running_gateway(pushed, servables, DEFAULT_LIMITS, **settings) as port:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, headers={"x-api-key": "reader"}, timeout=HANG_SECONDS) as opened:
            yield opened
    del os.environ["SECURITY_READ"], os.environ["SECURITY_WRITE"]


CHANGE = {"products": [{"product_id": "red-mug", "hidden": True}]}
PATHS = [
    "/shop/offers", "/shop/offers/", "/shop/offers//", "//shop/offers", "/shop//offers", "/shop/offers%2f",
    "/shop%2foffers", "/shop/OFFERS", "/shop/%6fffers", "/shop/offers%00", "/shop/offers%20", "/shop/offers;a=b",
    "/shop/offers?x=/search", "/shop/offers%3fx", "/x/../shop/offers", "/products/%2e%2e/shop/offers",
    "/products/../shop/offers", "/shop/search/../offers", "/shop/./offers", "/v1/../shop/offers", "/shop/offers/image",
    "/synonyms", "/synonyms/", "//synonyms", "/%73ynonyms", "/insights", "/insights/", "/%69nsights",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "HEAD", "post"])
def test_no_spelling_of_a_path_lets_a_searching_key_change_anything(
    client: httpx.Client, method: str, path: str
) -> None:
    port = client.base_url.port or 0
    body = b'{"products": [{"product_id": "red-mug", "hidden": true}], "words": "a", "replacement": "b"}'
    head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nX-API-Key: reader\r\nContent-Type: application/json\r\n"
    sent = f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    assert statuses(exchange(port, sent))[0] in (307, 400, 403, 404, 405, 422)
    assert client.get("/products/red-mug").status_code == 200


FORGED = {
    "another scheme": {"authorization": "Basic d3JpdGVyOg=="},
    "both headers": {"x-api-key": "reader", "authorization": "Bearer writer"},
    "two keys": {"x-api-key": "reader, writer"},
    "the key as a cookie": {"cookie": "vitrine_key=writer"},
    "an empty key": {"x-api-key": ""},
    "a long key": {"x-api-key": "writer" + "x" * 10_000},
    "other letters": {"x-api-key": "WRITER"},
    "white space": {"x-api-key": "writer\t\xa0"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_a_forged_key_changes_nothing(client: httpx.Client, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    response = httpx.post(f"{client.base_url}/shop/offers", json=CHANGE, headers=raw, timeout=HANG_SECONDS)
    assert response.status_code in (401, 403)
    assert client.get("/products/red-mug").status_code == 200


@pytest.mark.parametrize("query", ["?x-api-key=writer", "?api_key=writer", "?key=writer"])
def test_a_key_in_an_address_is_none(client: httpx.Client, query: str) -> None:
    response = httpx.post(f"{client.base_url}/predict{query}", json={"query": "mug"}, timeout=HANG_SECONDS)
    assert response.status_code == 401


def test_the_session_of_a_searching_key_is_no_more_than_the_key(client: httpx.Client) -> None:
    cookie = client.post("/session").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    assert "reader" not in cookie
    token = cookie.partition(";")[0]
    url = f"{client.base_url}"
    assert httpx.get(f"{url}/models", headers={"cookie": token}, timeout=HANG_SECONDS).status_code == 200
    refused = httpx.post(f"{url}/shop/offers", json=CHANGE, headers={"cookie": token}, timeout=HANG_SECONDS)
    assert refused.status_code == 403
    for forged in (token[:-1], token[:-1] + ("0" if token[-1] != "0" else "1"), token + "0", token.upper()):
        assert httpx.get(f"{url}/models", headers={"cookie": forged}, timeout=HANG_SECONDS).status_code == 401


IDS = [
    "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "....//....//etc/passwd", "/etc/passwd", "file:///etc/passwd",
    "..\\..\\windows", "%00", "red-mug%00.png", "red-mug/../../images/red-mug.png", "~/.ssh/id_rsa", ".", "..",
]  # fmt: skip


@pytest.mark.parametrize("product_id", IDS)
@pytest.mark.parametrize("end", ["", "/image", "/similar"])
def test_an_id_is_no_path(client: httpx.Client, product_id: str, end: str) -> None:
    port = client.base_url.port or 0
    for spelling in (quote(product_id, safe=""), quote(product_id, safe="/%"), product_id.replace("\\", "%5c")):
        head = f"GET /products/{spelling}{end} HTTP/1.1\r\nHost: a\r\nX-API-Key: reader\r\nConnection: close\r\n\r\n"
        answer = exchange(port, head.encode())
        assert statuses(answer)[0] in (400, 404, 422)
        assert b"root:" not in answer


INJECTED = ["a\r\nSet-Cookie: x=y", "a\nX: y", "a%0d%0aSet-Cookie: x=y", "a\u010d\u010aSet-Cookie: x=y", "a\0b"]


@pytest.mark.parametrize("value", INJECTED)
@pytest.mark.parametrize("name", ["X-Request-Id", "X-User-Id", "Origin", "Host", "X-Forwarded-Proto", "Cookie"])
def test_no_header_of_a_request_becomes_one_of_the_response(client: httpx.Client, name: str, value: str) -> None:
    head = f"POST /session HTTP/1.1\r\n{name}: {value}\r\nX-API-Key: reader\r\nConnection: close\r\n"
    answer = exchange(client.base_url.port or 0, f"{head}Content-Length: 0\r\n\r\n".encode())
    header = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"set-cookie: x=y" not in header
    assert b"\r\nx: y" not in header


@pytest.mark.parametrize(
    "text", ["a\n12:00:00 forged", "a\r\nforged", "\x1b[2J\x1b[31mforged", "a\u2028forged", "\x9b31m"]
)
def test_no_text_of_a_request_becomes_a_line_of_the_log(capsys: pytest.CaptureFixture[str], text: str) -> None:
    log_as_text()
    logging.getLogger("vitrine.x").warning("no such thing as %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("vitrine.x").exception("failed")
    lines = capsys.readouterr().err.splitlines()
    assert not any(line.startswith(("forged", "12:00:00 forged")) for line in lines)
    assert all(line.isprintable() for line in lines)
    assert "forged" in lines[0] or "31m" in lines[0]


BODIES = {
    "gzip": ({"content-encoding": "gzip"}, b"\x1f\x8b" + b"\0" * 100),
    "deep": ({}, b'{"query": ' + b"[" * 50_000),
    "many keys": ({}, b'{"query": "a", ' + b", ".join(b'"%d": 1' % n for n in range(5000)) + b"}"),
    "a large number": ({}, b'{"query": "a", "k": ' + b"9" * 20_000 + b"}"),
    "half a character": ({}, b'{"query": "\\ud800"}'),
    "nothing": ({}, b'{"query": "\\u0000"}'),
}


@pytest.mark.parametrize(("headers", "body"), BODIES.values(), ids=BODIES)
def test_a_hostile_body_is_answered(client: httpx.Client, headers: dict[str, str], body: bytes) -> None:
    response = client.post("/predict", content=body, headers=TYPE | headers)
    assert response.status_code in (200, 400, 413, 415, 422)
    assert len(response.content) < 20_000


def test_an_oversized_change_of_a_catalogue_is_refused(client: httpx.Client) -> None:
    rows = [{"product_id": str(n), "price": 1} for n in range(20_001)]
    response = client.post("/shop/offers", json={"products": rows}, headers={"x-api-key": "writer"})
    assert response.status_code == 422
    assert "20000" in response.text.replace(",", "")


def test_forged_and_repeated_feedback_teaches_nothing(client: httpx.Client, events: Path) -> None:
    headers = {"x-user-id": "anna"}
    searched = client.post("/predict", json={"query": "red mug", "k": 3}, headers=headers).json()
    shown = [result["product_id"] for result in searched["results"]]
    true = {"request_id": searched["request_id"], "product_id": shown[0], "kind": "click"}
    forged = [
        true | {"product_id": "green-shoe" if "green-shoe" not in shown else "blue-lamp"},
        true | {"product_id": "no such product"},
        true | {"request_id": "0" * 32},
        true | {"request_id": "../" * 20},
    ]
    for feedback in [true] * 50 + forged:
        assert client.post("/feedback", json=feedback, headers=headers).status_code == 202

    def clicks() -> Any:
        return leave_out(read_log(events), FilterSettings(), 20)

    def is_written() -> bool:
        try:
            return bool(clicks().left_out.feedback_on_products_not_shown == len(forged))
        except DataError:  # no event is written yet
            return False

    wait_until(is_written, clicks)
    kept = clicks()
    clicked = [kept.impressions.products[row] for row in kept.impressions.product[kept.impressions.clicked]]
    assert clicked == [shown[0]]
    assert kept.left_out.repeated_feedback == 49
