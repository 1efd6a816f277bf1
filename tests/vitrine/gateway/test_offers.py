"""Prices, stock and visibility that change while the gateway answers, over HTTP and with Feast's online stores."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.redis_server import is_installed, running_redis
from tests.vitrine.gateway.conftest import gateway, push
from tests.waiting import wait_until
from vitrine.features.offers.settings import OfferSettings
from vitrine.features.offers.update import Update, restore, update_from_file

KEYS = {"api_keys_env": "SEARCH_KEYS", "update_keys_env": "UPDATE_KEYS"}


@pytest.fixture
def serving(pushed: Path, tmp_path: Path) -> Path:
    """The shop's serving directory, for one test."""
    push(pushed, tmp_path / "serving", 1)
    return tmp_path / "serving"


@pytest.fixture(params=["sqlite", "redis"])
def online(request: pytest.FixtureRequest) -> Iterator[OfferSettings]:
    """Settings of each kind of online store."""
    if request.param == "sqlite":
        yield OfferSettings()
        return
    if not is_installed():
        pytest.skip("redis-server is not installed")
    with running_redis() as server:
        yield OfferSettings.model_validate({"online": {"type": "redis", "connection_string": server.address}})


def update(serving: Path, csv: str, **options: Any) -> Update:
    """Change offers as `vitrine catalogue update` does."""
    file = serving.parent / "changes.csv"
    file.write_text(csv)
    return update_from_file(serving, file, **options)


def shop(serving: Path, **settings: Any) -> dict[str, Any]:
    return {"catalogues": {"shop": {"serving": serving}}, **settings}


def search(client: httpx.Client, query: str = "red mug", **body: Any) -> Any:
    response = client.post("/predict", json={"query": query, "k": 50, **body})
    assert response.status_code == 200, response.text
    return response.json()


def found(client: httpx.Client, query: str = "red mug", **body: Any) -> list[str]:
    return [result["product_id"] for result in search(client, query, **body)["results"]]


def product(client: httpx.Client, product_id: str) -> Any:
    response = client.get(f"/products/{product_id}")
    assert response.status_code == 200, response.text
    return response.json()


def wait_for_price(client: httpx.Client, product_id: str, price: float | None) -> None:
    wait_until(lambda: product(client, product_id)["price"] == price, lambda: product(client, product_id))


def test_a_new_price_is_filtered_and_shown(serving: Path, online: OfferSettings) -> None:
    with gateway(shop(serving)) as client:
        assert found(client, filters={"price_max": 1}) == []
        summary = update(serving, "product_id,price,stock\nred-mug,0.5,3\nblue-mug,,0\n", settings=online)
        assert (summary.sequence, summary.products, summary.unknown) == (1, 2, 0)
        wait_for_price(client, "red-mug", 0.5)
        assert found(client, filters={"price_max": 1}) == ["red-mug"]
        first = search(client)["results"][0]
        assert (first["product_id"], first["price"], first["stock"]) == ("red-mug", 0.5, 3)
        assert client.get("/models").json()["catalogues"][0]["facets"]["price_min"] == 0.5
        update(serving, "product_id,price\nred-mug,0.75\n")
        wait_for_price(client, "red-mug", 0.75)
        assert product(client, "red-mug")["stock"] == 3
        assert client.get("/ready").json()["status"] == "ok"


def test_hidden_products_are_nowhere_until_they_are_shown_again(serving: Path) -> None:
    with gateway(shop(serving)) as client:
        everything = search(client, facets=True)
        similar = client.get("/products/red-shoe/similar", params={"k": 50}).json()
        assert "red-mug" in [result["product_id"] for result in similar["results"]]
        update(serving, "product_id,hidden\nred-mug,1\n")
        wait_until(lambda: client.get("/products/red-mug").status_code == 404)
        hidden = search(client, facets=True)
        assert hidden["total"] == everything["total"] - 1
        assert {"value": "mug", "count": 3} in hidden["facets"]["category"]
        similar = client.get("/products/red-shoe/similar", params={"k": 50}).json()
        assert "red-mug" not in [result["product_id"] for result in similar["results"]]
        assert client.get("/products/red-mug/similar").status_code == 404
        assert client.get("/products/red-mug/image").status_code == 404
        assert client.get("/models").json()["catalogues"][0]["products"] == 19
        update(serving, "product_id,hidden\nred-mug,0\n")
        wait_until(lambda: client.get("/products/red-mug").status_code == 200)
        assert found(client)[0] == "red-mug"


def test_products_out_of_stock_can_be_left_out(serving: Path) -> None:
    update(serving, "product_id,stock\nred-mug,0\nblue-mug,1\n")
    with gateway(shop(serving)) as client:
        assert "red-mug" in found(client)
        in_stock = found(client, filters={"in_stock": True})
        assert len(in_stock) == 19
        assert "red-mug" not in in_stock
        similar = client.get("/products/red-shoe/similar", params={"k": 50, "in_stock": True}).json()
        assert "red-mug" not in [result["product_id"] for result in similar["results"]]


def prices(client: httpx.Client, **body: Any) -> list[float | None]:
    return [result["price"] for result in search(client, "mug", **body)["results"]]


def test_results_are_sorted_by_what_was_changed(serving: Path) -> None:
    update(serving, "product_id,price,popularity\nred-mug,500,\nblue-mug,0.5,7\ngreen-mug,,9\n")
    with gateway(shop(serving)) as client:
        dearest, cheapest = prices(client, sort="price_desc"), prices(client, sort="price_asc")
        assert (dearest[0], cheapest[0]) == (500, 0.5)
        known = [price for price in cheapest if price is not None]
        assert known == sorted(known)
        assert dearest == [*reversed(known), *[None] * (len(dearest) - len(known))]
        assert prices(client, sort="price_asc", k=3, offset=2) == cheapest[2:5]
        assert found(client, "mug", sort="popularity")[:2] == ["green-mug", "blue-mug"]
        similar = client.get("/products/red-shoe/similar", params={"k": 50, "sort": "price_asc"}).json()
        # The blue mug is cheaper, but it is hardly like a red shoe.
        assert [result["product_id"] for result in similar["results"]][:2] == ["white-shoe", "red-lamp"]


def test_restarts_and_new_versions_keep_what_was_changed(pushed: Path, serving: Path) -> None:
    update(serving, "product_id,price,rating\nred-mug,0.5,4.5\nfuture-mug,9,\n", declared={"rating": "number"})
    for _ in range(2):
        with gateway(shop(serving)) as client:
            assert product(client, "red-mug")["price"] == 0.5
    with gateway(shop(serving)) as client:
        push(pushed, serving, 2)
        wait_until(lambda: client.get("/models").json()["catalogues"][0]["version"] == 2)
        shown = product(client, "red-mug")
        assert (shown["price"], shown["attributes"]) == (0.5, {"rating": 4.5})
        update(serving, "product_id,price\nred-mug,null\n")
        wait_for_price(client, "red-mug", None)
        assert product(client, "blue-mug")["attributes"] == {}


def test_an_online_store_that_lost_its_rows_is_reported_and_restored(serving: Path) -> None:
    update(serving, "product_id,hidden\nred-mug,1\n")
    (serving / "features" / "online_store.db").unlink()
    with gateway(shop(serving), "degraded") as client:
        assert client.get("/products/red-mug").status_code == 404
        assert "offers are read from their log" in client.get("/ready").json()["catalogues"]["shop"]
        assert restore(serving / "features") == 1
        wait_until(lambda: client.get("/ready").json()["status"] == "ok", lambda: client.get("/ready").text)
        assert client.get("/products/red-mug").status_code == 404


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_KEYS", "reader")
    monkeypatch.setenv("UPDATE_KEYS", "writer")


def change(client: httpx.Client, key: str | None, *products: dict[str, Any]) -> httpx.Response:
    headers = {"x-api-key": key} if key else {}
    return client.post("/shop/offers", json={"products": products}, headers=headers)


@pytest.mark.usefixtures("keys")
def test_an_update_key_changes_offers_over_http_at_once(serving: Path) -> None:
    with gateway(shop(serving, security=KEYS)) as client:
        done = change(client, "writer", {"product_id": "red-mug", "price": 0.5}, {"product_id": "x", "hidden": True})
        assert done.json() == {"update": 1, "products": 2, "unknown": 1, "first_unknown": "x"}
        client.headers["x-api-key"] = "reader"
        assert product(client, "red-mug")["price"] == 0.5
        assert found(client, filters={"price_max": 1}) == ["red-mug"]


@pytest.mark.usefixtures("keys")
def test_other_keys_and_invalid_rows_change_nothing(serving: Path) -> None:
    good = {"product_id": "red-mug", "price": 0.5}
    with gateway(shop(serving, security=KEYS)) as client:
        assert change(client, None, good).status_code == 401
        refused = change(client, "reader", good)
        assert (refused.status_code, refused.json()["error"]) == (
            403,
            "this key may not change offers; security.update_keys_env names the keys that may",
        )
        unknown = change(client, "writer", good, {"product_id": "blue-mug", "pric": 1})
        assert unknown.status_code == 400
        assert "'pric' is no attribute of an offer; there are price, stock" in unknown.json()["error"]
        assert change(client, "writer", good, {"product_id": "blue-mug", "price": -1}).status_code == 422
        twice = change(client, "writer", good, good)
        assert twice.json()["error"] == "products:2: product_id 'red-mug' is in an earlier row, too"
        client.headers["x-api-key"] = "reader"
        assert product(client, "red-mug")["price"] != 0.5
    with gateway(shop(serving)) as client:
        assert change(client, None, good).status_code == 403
