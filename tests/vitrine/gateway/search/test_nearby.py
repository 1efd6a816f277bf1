"""A search without results says what could be left out, and returns what is near."""

from typing import Any

import httpx
import pytest


def search(client: httpx.Client, query: str = "red mug", path: str = "/predict", **body: Any) -> dict[str, Any]:
    answer = client.post(path, json={"query": query, **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def dropped(found: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(each["kind"], each["words"] or each["field"]) for each in found["nearby"]["dropped"]]


def test_the_only_filter_that_nothing_passes_is_dropped(client: httpx.Client) -> None:
    found = search(client, filters={"color": ["red"], "price_max": 1.0})
    assert (found["total"], found["results"]) == (0, [])
    assert dropped(found) == [("filter", "price")]
    near = found["nearby"]["results"]
    assert found["nearby"]["total"] == len(near) > 0
    assert {product["color"] for product in near} == {"red"}
    assert [product["rank"] for product in near] == list(range(1, len(near) + 1))
    assert found["message"] == "Nothing has all that was asked for; what is near leaves out the price."


def test_of_two_filters_the_one_is_dropped_without_which_the_best_result_is_nearer(client: httpx.Client) -> None:
    found = search(client, "blue shoe", filters={"color": ["blue"], "brand": ["Nobody"]})
    assert dropped(found) == [("filter", "brand")]
    found = search(client, "blue shoe", filters={"color": ["lilac"], "category": ["shoe"]})
    assert dropped(found) == [("filter", "color")]


def test_no_more_is_dropped_than_is_needed(client: httpx.Client) -> None:
    found = search(client, filters={"color": ["red"], "price_max": 1.0, "brand": ["Nobody"]})
    assert dropped(found) == [("filter", "price"), ("filter", "brand")]
    assert {product["color"] for product in found["nearby"]["results"]} == {"red"}
    assert found["message"].endswith("leaves out the price and the brand.")


def test_words_that_became_filters_are_dropped_as_words(client: httpx.Client) -> None:
    found = search(client, "red mug under 1", filters={"color": ["red"]})
    assert dropped(found) == [("words", "under 1")]
    assert "leaves out “under 1”" in found["message"]
    assert {product["color"] for product in found["nearby"]["results"]} == {"red"}


def test_the_lowest_score_is_dropped_and_the_filters_stay(client: httpx.Client) -> None:
    found = search(client, min_score=0.999999, filters={"color": ["red"]})
    assert dropped(found) == [("score", None)]
    assert {product["color"] for product in found["nearby"]["results"]} == {"red"}


def test_at_most_k_are_returned_and_all_are_counted(client: httpx.Client) -> None:
    found = search(client, filters={"color": ["red"], "price_max": 1.0}, k=1)
    assert len(found["nearby"]["results"]) == 1 < found["nearby"]["total"]


def test_a_search_with_results_and_one_that_means_nothing_have_nothing_near(client: httpx.Client) -> None:
    assert search(client)["nearby"] is None
    junk = search(client, "zxqv wkjh")
    assert junk["junk"]
    assert junk["nearby"] is None


@pytest.mark.parametrize("path", ["/all/search", "/shop/search"])
def test_every_way_to_search_has_what_is_near(client: httpx.Client, path: str) -> None:
    assert dropped(search(client, path=path, filters={"price_max": 1.0})) == [("filter", "price")]


def test_similar_products_have_what_is_near(client: httpx.Client) -> None:
    found = client.get("/products/red-mug/similar", params={"brand": "Nobody"}).json()
    assert dropped(found) == [("filter", "brand")]
