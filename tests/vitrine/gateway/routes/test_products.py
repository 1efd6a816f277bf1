import io

import httpx
import pytest
from PIL import Image

from tests.vitrine.search.shop import COLOURS


def test_a_product_has_everything_that_is_known_of_it(client: httpx.Client) -> None:
    assert client.get("/products/green-mug").json() == {
        "catalogue": "shop",
        "product_id": "green-mug",
        "title": "green mug",
        "description": "",
        "brand": "Brunt",
        "color": "green",
        "category": "mug",
        "price": 7.5,
        "image_url": "/products/green-mug/image?catalogue=shop",
    }


@pytest.mark.parametrize("path", ["/products/none", "/products/none/similar", "/products/none/image"])
def test_an_unknown_product_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json()["error"] == "no product 'none' in shop"


def test_similar_products_leave_the_product_out(client: httpx.Client) -> None:
    answer = client.get("/products/red-mug/similar", params={"k": 5}).json()
    found = [one["product_id"] for one in answer["results"]]
    assert len(found) == 5
    assert "red-mug" not in found
    assert all("red" in one or "mug" in one for one in found[:3])
    filtered = client.get("/products/red-mug/similar", params={"category": ["lamp"]}).json()
    assert {one["category"] for one in filtered["results"]} == {"lamp"}


def test_the_picture_is_the_catalogues(client: httpx.Client) -> None:
    response = client.get(client.get("/products/green-mug").json()["image_url"])
    assert response.headers["content-type"] == "image/png"
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert Image.open(io.BytesIO(response.content)).getpixel((0, 0)) == COLOURS["green"]


def test_a_product_without_a_picture_says_so(client: httpx.Client) -> None:
    assert client.get("/products/white-mug").json()["image_url"] is None
    response = client.get("/products/white-mug/image")
    assert response.status_code == 404
    assert response.json()["error"] == "product 'white-mug' has no picture"


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "%2e%2e", "a%00b", "%F0%9F%A6%84"])
def test_strange_ids_are_only_unknown_products(client: httpx.Client, name: str) -> None:
    assert client.get(f"/products/{name}/image").status_code == 404
