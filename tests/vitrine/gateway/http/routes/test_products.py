import io
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from tests.vitrine.gateway.conftest import gateway, push_shop
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
        "category_predicted": False,
        "stock": None,
        "popularity": None,
        "attributes": {},
        "price": 7.5,
        "image_url": "/products/green-mug/image?catalogue=shop",
        "variant_count": 1,
    }


@pytest.mark.parametrize("path", ["/products/none", "/products/none/similar", "/products/none/image"])
def test_an_unknown_product_is_not_found(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json()["error"] == "no product 'none' in shop"


def test_similar_products_leave_the_product_out(client: httpx.Client) -> None:
    answer = client.get("/products/red-mug/similar", params={"k": 5}).json()
    similar = [result["product_id"] for result in answer["results"]]
    assert len(similar) == 5
    assert "red-mug" not in similar
    assert all("red" in product_id or "mug" in product_id for product_id in similar[:3])
    filtered = client.get("/products/red-mug/similar", params={"category": ["lamp"]}).json()
    assert {result["category"] for result in filtered["results"]} == {"lamp"}


def test_similar_products_can_be_diverse(client: httpx.Client) -> None:
    plain, diverse = (
        client.get("/products/red-mug/similar", params={"k": 20, "diversity": diversity}).json()
        for diversity in (0.0, 0.8)
    )
    orders = [[result["product_id"] for result in answer["results"]] for answer in (plain, diverse)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])
    assert diverse["diversity"] == {"shop": 0.8}


def test_the_image_is_the_catalogues(client: httpx.Client) -> None:
    response = client.get(client.get("/products/green-mug").json()["image_url"])
    assert response.headers["content-type"] == "image/png"
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert Image.open(io.BytesIO(response.content)).getpixel((0, 0)) == COLOURS["green"]


def test_a_product_without_an_image_says_so(client: httpx.Client) -> None:
    assert client.get("/products/white-mug").json()["image_url"] is None
    response = client.get("/products/white-mug/image")
    assert response.status_code == 404
    assert response.json()["error"] == "product 'white-mug' has no image"


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "%2e%2e", "a%00b", "%F0%9F%A6%84"])
def test_strange_ids_are_only_unknown_products(client: httpx.Client, name: str) -> None:
    assert client.get(f"/products/{name}/image").status_code == 404


STRANGE = {
    "red-mug": "cups/red",
    "red-lamp": "cups/red/image",
    "red-shoe": "cups/red/similar",
    "red-shirt": "a b",
    "green-mug": "50%",
    "green-lamp": "50%25",
    "green-shoe": "a%2Fb",
    "green-shirt": "what?#&+;=@'",
    "blue-mug": "größe-ñ-杯",
    "blue-lamp": "/",
    "blue-shoe": "image",
    "blue-shirt": "a/../b",
}


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway over the shop, in which some products have ids with special characters."""
    serving = push_shop(tmp_path_factory.mktemp("strange"), STRANGE)
    with gateway({"catalogues": {"shop": {"serving": serving}}}) as client:
        yield client


@pytest.mark.parametrize("usual", STRANGE)
def test_an_id_may_hold_anything(strange: httpx.Client, usual: str) -> None:
    path = f"/products/{quote(STRANGE[usual], safe='')}"
    product = strange.get(path).json()
    colour, _, thing = usual.partition("-")
    assert (product["product_id"], product["title"]) == (STRANGE[usual], f"{colour} {thing}")
    image = strange.get(product["image_url"])
    assert Image.open(io.BytesIO(image.content)).getpixel((0, 0)) == COLOURS[colour]
    similar = strange.get(f"{path}/similar").json()["results"]
    assert similar
    assert STRANGE[usual] not in [result["product_id"] for result in similar]


def test_slashes_that_a_proxy_decoded_are_the_ids_where_nothing_else_is_meant(strange: httpx.Client) -> None:
    assert strange.get("/products/cups/red").json()["title"] == "red mug"
    assert strange.get("/products/cups/red/image").headers["content-type"] == "image/png"
    assert strange.get("/products/cups/red/similar").json()["results"]


def test_what_a_search_finds_can_be_looked_at(strange: httpx.Client) -> None:
    results = strange.post("/predict", json={"query": "mug", "k": 4}).json()["results"]
    assert {"cups/red", "50%"} & {result["product_id"] for result in results}
    for result in results:
        assert strange.get(f"/products/{quote(result['product_id'], safe='')}").json()["title"] == result["title"]
        if result["image_url"]:
            assert strange.get(result["image_url"]).status_code == 200
