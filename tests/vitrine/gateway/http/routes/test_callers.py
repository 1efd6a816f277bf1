"""Callers as applications name them: user ids, request ids, and pages of other origins."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.vitrine.gateway.conftest import gateway
from tests.waiting import wait_until

ORIGIN = "https://shop.example"
USERS = ["auth0|5f7c8ec7", "a+b@c.d", "dGVzdA==", "o'neill", "{7d4f}", "münster", "user name", "a/b?c#d", "x" * 256]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="module")
def split(pushed: Path, events: Path) -> Iterator[httpx.Client]:
    shop = {"serving": pushed}
    settings = {
        "catalogues": {"a": shop, "b": shop},
        "experiment": {"name": "callers", "a": "a", "b": "b"},
        "log": {"directory": events},
        "security": {"cors_origins": [ORIGIN]},
    }
    with gateway(settings) as client:
        yield client


def logged(events: Path, **fields: object) -> list[dict[str, Any]]:
    lines = [json.loads(line) for file in sorted(events.glob("*.jsonl")) for line in file.read_text().splitlines()]
    return [line for line in lines if all(line.get(name) == value for name, value in fields.items())]


@pytest.mark.parametrize("user", USERS)
def test_a_user_of_any_name_stays_in_one_arm(split: httpx.Client, events: Path, user: str) -> None:
    headers = {"x-user-id": user.encode()}
    answers = [split.post("/search_ab", json={"query": "red mug"}, headers=headers) for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["experiment"]["arm"] for answer in answers}) == 1
    assert not any("set-cookie" in answer.headers for answer in answers)
    ids = {answer.json()["request_id"] for answer in answers}
    wait_until(lambda: len([line for line in logged(events) if line["request_id"] in ids]) == 4)
    assert len({line["user"] for line in logged(events) if line["request_id"] in ids}) == 1


@pytest.mark.parametrize("user", ["x" * 257, "a\tb"])
def test_a_user_that_cannot_be_kept_is_refused_and_not_replaced(split: httpx.Client, user: str) -> None:
    answer = split.post("/search_ab", json={"query": "red mug"}, headers={"x-user-id": user})
    assert answer.status_code == 422
    assert "at most 256 characters" in answer.json()["error"]
    assert "set-cookie" not in answer.headers


def test_searches_of_one_trace_are_told_apart(split: httpx.Client) -> None:
    headers = {"x-request-id": "trace-0123456789", "x-user-id": "tracer"}
    answers = [split.post("/search_ab", json={"query": "red mug"}, headers=headers) for _ in range(2)]
    assert [answer.headers["x-request-id"] for answer in answers] == ["trace-0123456789"] * 2
    assert len({answer.json()["request_id"] for answer in answers} | {"trace-0123456789"}) == 3


@pytest.mark.parametrize("media", ["application/json", "text/plain;charset=UTF-8", "text/plain", ""])
def test_a_beacon_of_any_type_is_feedback(split: httpx.Client, events: Path, media: str) -> None:
    product = f"beacon {media}"
    body = json.dumps({"request_id": "a-search", "product_id": product, "kind": "click"}).encode()
    headers = {"origin": ORIGIN} | ({"content-type": media} if media else {})
    answer = split.post("/feedback", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    wait_until(lambda: len(logged(events, event="feedback", product_id=product)) == 1)


def test_a_beacon_without_feedback_is_refused(split: httpx.Client) -> None:
    for content in (b"hello", b"{}", b"[1]", b"\xff"):
        answer = split.post("/feedback", content=content, headers={"content-type": "text/plain"})
        assert answer.status_code in (400, 422), content


def test_a_beacon_of_json_passes_its_preflight(split: httpx.Client) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    allowed = split.options("/feedback", headers={"origin": ORIGIN, **asked})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    other = split.options("/feedback", headers={"origin": "https://other.example", **asked})
    assert "access-control-allow-origin" not in other.headers


def test_every_origin_is_allowed_without_credentials(pushed: Path) -> None:
    settings = {"catalogues": {"shop": {"serving": pushed}}, "security": {"cors_origins": ["*"]}}
    with gateway(settings) as client:
        headers = {"origin": ORIGIN, "access-control-request-method": "POST"}
        assert "access-control-allow-credentials" not in client.options("/feedback", headers=headers).headers


def test_a_catalogue_that_has_not_loaded_leaves_the_others_to_answer(pushed: Path, tmp_path: Path) -> None:
    from tests.vitrine.search.shop import image_bytes

    down = {"serving": tmp_path, "backend": {"kind": "rest", "url": "http://127.0.0.1:9"}}
    settings = {"catalogues": {"missing": down, "shop": {"serving": pushed}}}
    with gateway(settings, "degraded") as client:
        image = {"file": ("red.png", image_bytes("red"), "image/png")}
        assert client.post("/predict-image", files=image).json()["results"]
        assert client.get("/products/red-mug").status_code == 200
        assert client.get("/products/red-mug/image").status_code == 200
        assert client.get("/products/red-mug/similar").json()["results"]
        assert client.get("/products/none").status_code == 404
        assert client.get("/products/red-mug?catalogue=missing").status_code == 503


def test_similar_products_pass_filters_of_prices(client: httpx.Client) -> None:
    prices = [each["price"] for each in client.get("/products/red-mug/similar?k=50").json()["results"]]
    limit = sorted(price for price in prices if price is not None)[len(prices) // 2]
    cheap = client.get(f"/products/red-mug/similar?k=50&price_max={limit}").json()["results"]
    assert 0 < len(cheap) < len(prices)
    assert all(each["price"] is not None and each["price"] <= limit for each in cheap)
    wrong = client.get("/products/red-mug/similar?price_min=9&price_max=1")
    assert wrong.status_code == 422
    assert "greater than price_max" in wrong.text


@pytest.mark.parametrize("path", ["/products/red-mug/similar?prices_max=9", "/products/red-mug?catalog=shop"])
def test_an_unknown_parameter_is_refused(client: httpx.Client, path: str) -> None:
    refused = client.get(path)
    assert refused.status_code == 422
    assert "is unknown; known are" in refused.json()["error"]
