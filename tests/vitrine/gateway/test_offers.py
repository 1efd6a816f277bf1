"""Prices, stock and visibility that change while the gateway answers, over HTTP and with Feast's online stores."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.vitrine.gateway.conftest import gateway, push
from tests.waiting import wait_until
from vitrine.features.offers.update import Update, update_from_file


@pytest.fixture
def serving(pushed: Path, tmp_path: Path) -> Path:
    """The shop's serving directory, for one test."""
    push(pushed, tmp_path / "serving", 1)
    return tmp_path / "serving"


def update(serving: Path, csv: str, **options: Any) -> Update:
    """Change offers as `vitrine catalogue update` does."""
    file = serving.parent / "changes.csv"
    file.write_text(csv)
    return update_from_file(serving, file, **options)


def search(client: httpx.Client, query: str = "red mug", **body: Any) -> Any:
    response = client.post("/predict", json={"query": query, "k": 50, **body})
    assert response.status_code == 200, response.text
    return response.json()


def found(client: httpx.Client, query: str = "red mug", **body: Any) -> list[str]:
    return [result["product_id"] for result in search(client, query, **body)["results"]]


def product(client: httpx.Client, product_id: str) -> Any:
    return client.get(f"/products/{product_id}").json()


def wait_for_price(client: httpx.Client, product_id: str, price: float) -> None:
    wait_until(lambda: product(client, product_id)["price"] == price, lambda: product(client, product_id))


def test_a_new_price_is_filtered_and_shown(serving: Path) -> None:
    with gateway({"catalogues": {"shop": {"serving": serving}}}) as client:
        assert "red-mug" not in found(client, filters={"price_max": 1})
        summary = update(serving, "product_id,price,stock\nred-mug,0.5,3\nblue-mug,,0\n")
        assert (summary.sequence, summary.products, summary.unknown) == (1, 2, 0)
        wait_for_price(client, "red-mug", 0.5)
        assert found(client, filters={"price_max": 1}) == ["red-mug"]
        first = search(client)["results"][0]
        assert (first["product_id"], first["price"], first["stock"]) == ("red-mug", 0.5, 3)
        assert client.get("/models").json()["catalogues"][0]["facets"]["price_min"] == 0.5
