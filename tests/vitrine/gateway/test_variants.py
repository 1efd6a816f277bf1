"""Variants of one product, which searches return as one result, over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.vitrine.gateway.conftest import gateway, push_with_attributes
from tests.vitrine.gateway.test_attributes import search
from vitrine.data.attributes.declaration import Attribute

DECLARED = {
    "group_id": Attribute(type="keyword", group=True),
    "size": Attribute(type="keyword"),
    "weight": Attribute(type="number"),
    "waterproof": Attribute(type="boolean"),
}


def cells(row: int) -> dict[str, str | None]:
    """Return the attributes of the product in a row: three rows in four are variants, by threes, of one product."""
    group = None if row % 4 == 0 else f"G{row // 12}"
    return {
        "group_id": group,
        "size": ["S", "M", "L"][row % 3],
        "weight": str(row % 5),
        "waterproof": ["yes", "no"][row % 2],
    }


@pytest.fixture(scope="module")
def shop(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    serving = tmp_path_factory.mktemp("variants") / "serving"
    push_with_attributes(pushed, serving, DECLARED, cells)
    with gateway({"catalogues": {"shop": {"serving": serving}}}) as client:
        yield client


def group_of(result: dict[str, Any]) -> str:
    return str(result["attributes"].get("group_id", result["product_id"]))


def test_the_best_variant_represents_its_product(shop: httpx.Client) -> None:
    every = search(shop, group=False)["results"]
    best = list({group_of(each): each["product_id"] for each in reversed(every)}.values())[::-1]
    answer = search(shop)
    assert [each["product_id"] for each in answer["results"]] == sorted(
        best, key=[each["product_id"] for each in every].index
    )
    assert len(every) > answer["total"] == len(answer["results"])
    assert [each["rank"] for each in answer["results"]] == list(range(1, answer["total"] + 1))


def test_a_result_has_its_other_variants(shop: httpx.Client) -> None:
    every = search(shop, group=False)["results"]
    assert all("variants" not in each and each["variant_count"] == 1 for each in every)
    grouped = [each for each in search(shop)["results"] if "group_id" in each["attributes"]]
    assert any(each["variant_count"] > 1 for each in grouped)
    for result in grouped:
        others = result.get("variants", [])
        assert len(others) == result["variant_count"] - 1
        assert all(group_of(other) == group_of(result) for other in others)
        assert result["product_id"] not in [other["product_id"] for other in others]
    only = search(shop, filters={"attributes": {"size": ["M"]}})["results"]
    assert {each["attributes"]["size"] for each in only} == {"M"}
    assert {other["attributes"]["size"] for each in only for other in each.get("variants", [])} > {"M"}


def test_a_product_has_its_other_variants(shop: httpx.Client) -> None:
    result = next(each for each in search(shop)["results"] if "variants" in each)
    product = shop.get(f"/products/{result['product_id']}").json()
    assert (product["variants"], product["variant_count"]) == (result["variants"], result["variant_count"])


def test_pages_of_groups_follow_each_other(shop: httpx.Client) -> None:
    whole = [each["product_id"] for each in search(shop)["results"]]
    pages = [each["product_id"] for offset in range(0, len(whole), 2) for each in page(shop, offset)]
    assert pages == whole


def page(client: httpx.Client, offset: int) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = search(client, k=2, offset=offset)["results"]
    return results


def test_a_count_of_a_facet_is_the_number_of_groups_that_its_filter_finds(shop: httpx.Client) -> None:
    facets = search(shop, facets=True)["facets"]
    filters: list[tuple[dict[str, Any], int]] = [
        ({name: [count["value"]]}, count["count"]) for name in ("brand", "color", "category") for count in facets[name]
    ]
    for name, facet in facets["attributes"].items():
        for part in facet["histogram"]:
            filters.append(({"attributes": {name: {"min": part["min"], "max": part["max"]}}}, part["count"]))
        for count in facet["values"]:
            condition = count["value"] == "true" if facet["type"] == "boolean" else [count["value"]]
            filters.append(({"attributes": {name: condition}}, count["count"]))
    assert len(filters) > 12
    assert "group_id" not in facets["attributes"]
    for condition, count in filters:
        assert search(shop, filters=condition)["total"] == count, condition


def test_the_order_by_a_number_has_each_product_once(shop: httpx.Client) -> None:
    results = search(shop, sort="weight:asc")["results"]
    weights = [each["attributes"]["weight"] for each in results]
    assert weights == sorted(weights)
    assert len({group_of(each) for each in results}) == len(results)
