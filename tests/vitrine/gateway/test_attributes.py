"""Attributes of a catalogue over HTTP: filters, facets, orders and fields of results."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.vitrine.gateway.conftest import gateway, push_with_attributes
from vitrine.data.attributes.declaration import Attribute

DECLARED = {
    "size": Attribute(type="keyword"),
    "material": Attribute(type="list"),
    "weight": Attribute(type="number", unit="kg"),
    "released": Attribute(type="time", newest=True),
    "waterproof": Attribute(type="boolean"),
    "care": Attribute(type="text"),
}


def cells(row: int) -> dict[str, str | None]:
    """Return the attributes of the product in a row; the first has none."""
    if row == 0:
        return dict.fromkeys(DECLARED)
    return {
        "size": ["S", "M", "m"][row % 3],
        "material": ["cotton", "wool | cotton"][row % 2],
        "weight": f"{20 - row}.25",
        "released": f"2026-{1 + row % 12:02}-01",
        "waterproof": ["yes", "no"][row % 2],
        "care": ["Hand wash only", "Wipe it"][row % 2],
    }


@pytest.fixture(scope="module")
def shop(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway of two catalogues: a shop with attributes, and one without."""
    serving = tmp_path_factory.mktemp("attributes") / "serving"
    push_with_attributes(pushed, serving, DECLARED, cells, "EUR")
    catalogues = {"shop": {"serving": serving}, "plain": {"serving": pushed}}
    with gateway({"catalogues": catalogues, "default": "shop"}) as client:
        yield client


def search(client: httpx.Client, path: str = "/predict", **body: Any) -> Any:
    response = client.post(path, json={"query": "mug", "k": 50, **body})
    assert response.status_code == 200, response.text
    return response.json()


def attributes(client: httpx.Client, **body: Any) -> list[dict[str, Any]]:
    return [result["attributes"] for result in search(client, **body)["results"]]


def test_results_and_products_have_their_attributes_with_unit_and_currency(shop: httpx.Client) -> None:
    first = search(shop)["results"][0]
    product = shop.get(f"/products/{first['product_id']}", params={"catalogue": "shop"}).json()
    for shown in (first, product):
        assert set(shown["attributes"]) == set(DECLARED)
        assert (shown["units"], shown["currency"]) == ({"weight": "kg"}, "EUR")
    plain = shop.get(f"/products/{first['product_id']}", params={"catalogue": "plain"}).json()
    assert plain["attributes"] == {}
    assert not {"units", "currency"} & plain.keys()


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"size": ["M"]}, lambda each: each["size"] in ("M", "m")),
        ({"material": ["WOOL", "silk"]}, lambda each: "wool" in each["material"]),
        ({"weight": {"min": 3.25, "max": 7.25}}, lambda each: 3.25 <= each["weight"] <= 7.25),
        ({"weight": [3.25, 7.25, 1]}, lambda each: each["weight"] in (3.25, 7.25)),
        ({"released": {"min": "2026-06-01"}}, lambda each: each["released"] >= "2026-06-01"),
        ({"waterproof": True}, lambda each: each["waterproof"] is True),
        ({"care": ["wash hand"]}, lambda each: each["care"] == "Hand wash only"),
        ({"size": ["S"], "waterproof": False}, lambda each: each["size"] == "S" and not each["waterproof"]),
    ],
)
def test_a_filter_finds_the_products_that_pass(shop: httpx.Client, condition: dict[str, Any], passes: Any) -> None:
    everything = [each for each in attributes(shop) if each]
    found = attributes(shop, filters={"attributes": condition})
    assert len(found) == sum(map(passes, everything))
    assert found
    assert all(map(passes, found))


def test_a_count_of_a_facet_is_the_total_of_its_filter(shop: httpx.Client) -> None:
    facets = search(shop, facets=True)["facets"]
    assert facets["currency"] == "EUR"
    assert set(facets["attributes"]) == set(DECLARED) - {"care"}
    assert facets["attributes"]["weight"]["unit"] == "kg"
    assert (facets["attributes"]["weight"]["min"], facets["attributes"]["weight"]["max"]) == (1.25, 19.25)
    for name, facet in facets["attributes"].items():
        parts = [({"min": part["min"], "max": part["max"]}, part["count"]) for part in facet["histogram"]]
        filters: list[tuple[Any, int]] = parts
        for count in facet["values"]:
            condition = count["value"] == "true" if facet["type"] == "boolean" else [count["value"]]
            filters.append((condition, count["count"]))
        assert filters
        for condition, count in filters:
            assert search(shop, filters={"attributes": {name: condition}})["total"] == count


def test_a_part_of_the_price_histogram_is_the_total_of_its_filter(shop: httpx.Client) -> None:
    found = search(shop, facets=True)["facets"]
    assert len(found["price_histogram"]) > 1
    for part in found["price_histogram"]:
        assert search(shop, filters={"price_min": part["min"], "price_max": part["max"]})["total"] == part["count"]
    narrowed = search(shop, facets=True, filters={"price_max": found["price_histogram"][0]["max"]})["facets"]
    assert narrowed["price_histogram"] == found["price_histogram"]


def test_prices_of_several_currencies_have_no_histogram(shop: httpx.Client) -> None:
    plain = search(shop, "/plain/search", facets=True)["facets"]
    assert plain["price_histogram"]
    assert "price_histogram" not in search(shop, "/all/search", facets=True)["facets"]


def test_a_filtered_attribute_keeps_its_alternatives(shop: httpx.Client) -> None:
    everything = search(shop, facets=True)["facets"]["attributes"]
    some = search(shop, facets=True, filters={"attributes": {"size": ["S"]}})["facets"]["attributes"]
    assert some["size"] == everything["size"]
    assert sum(each["count"] for each in some["waterproof"]["values"]) < 19


def test_results_are_sorted_by_an_attribute(shop: httpx.Client) -> None:
    rising = [each.get("weight") for each in attributes(shop, sort="weight:asc")]
    falling = [each.get("weight") for each in attributes(shop, sort="weight:desc")]
    known = [weight for weight in rising if weight is not None]
    assert len(known) > 1
    assert known == sorted(known) == falling[: len(known)][::-1]
    assert rising[len(known) :] == falling[len(known) :]
    times = [each["released"] for each in attributes(shop, sort="newest") if each]
    assert times == sorted(times, reverse=True)
    sizes = [each["size"].casefold() for each in attributes(shop, sort="size:asc") if each]
    assert sizes == sorted(sizes)


def test_similar_products_are_filtered_and_sorted_by_attributes(shop: httpx.Client) -> None:
    condition = json.dumps({"waterproof": True})
    options = {"k": 50, "attributes": condition, "sort": "weight:asc", "catalogue": "shop"}
    found = shop.get("/products/red-shoe/similar", params=options).json()["results"]
    weights = [result["attributes"]["weight"] for result in found]
    assert weights == sorted(weights)
    assert all(result["attributes"]["waterproof"] for result in found)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"filters": {"attributes": {"sise": ["S"]}}}, "sise: catalogue shop has no such attribute; it has size"),
        ({"filters": {"attributes": {"size": True}}}, "size: it is a keyword, which is filtered by values"),
        ({"filters": {"attributes": {"weight": {"min": "2026-01-01"}}}}, "weight: it is a number, which is filtered"),
        ({"filters": {"attributes": {"released": ["2026-01-01"]}}}, "released: it is a time, which is filtered by"),
        ({"filters": {"attributes": {"weight": {"min": 2, "max": 1}}}}, "min is greater than max"),
        ({"filters": {"attributes": {"released": {"min": "soon"}}}}, "'soon' is no time such as 2026-11-30"),
        ({"filters": {"attributes": {"size": "S"}}}, "is of a kind that has no meaning here"),
        ({"filters": {"attributes": {"weight": {}}}}, "a range has a min, a max, or both"),
        ({"sort": "sise:asc"}, "sort: sise: catalogue shop has no such attribute; it has size (keyword),"),
        ({"sort": "material:asc"}, "sort: material is a list, which has no order"),
        ({"sort": "weight"}, "sort"),
    ],
)  # fmt: skip
def test_what_no_attribute_has_is_refused_and_the_declared_ones_are_named(
    shop: httpx.Client, body: dict[str, Any], message: str
) -> None:
    response = shop.post("/predict", json={"query": "mug", **body})
    assert response.status_code == 422
    assert message in response.json()["error"]


def test_a_catalogue_without_attributes_says_so_and_is_left_out_of_all(shop: httpx.Client) -> None:
    body = {"query": "mug", "filters": {"attributes": {"size": ["S"]}}, "facets": True}
    alone = shop.post("/plain/search", json=body)
    assert (alone.status_code, "it has none" in alone.json()["error"]) == (422, True)
    assert shop.post("/plain/search", json={"query": "mug", "sort": "newest"}).status_code == 422
    both = shop.post("/all/search", json=body).json()
    assert {result["catalogue"] for result in both["results"]} == {"shop"}
    assert shop.post("/all/search", json={"query": "mug", "facets": True}).json()["facets"]["attributes"]


def test_the_models_name_the_attributes_of_the_whole_catalogue(shop: httpx.Client) -> None:
    named = {each["name"]: each["facets"] for each in shop.get("/models").json()["catalogues"]}
    assert set(named["shop"]["attributes"]) == set(DECLARED) - {"care"}
    assert not {"attributes", "currency"} & named["plain"].keys()
