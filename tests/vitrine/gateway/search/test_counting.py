"""The number of products that match a query, beside the number that is ranked."""

from typing import Any

import httpx


def matching(client: httpx.Client, query: str, **body: Any) -> int | None:
    answer = client.post("/predict", json={"query": query, **body})
    assert answer.status_code == 200, answer.text
    number: int | None = answer.json()["matching"]
    return number


def test_products_are_counted_that_have_all_words_in_any_form(client: httpx.Client) -> None:
    assert matching(client, "mug") == matching(client, "mugs") == 4
    assert matching(client, "red mug") == matching(client, "the mug in red") == 1
    assert matching(client, "red") == 4  # one chair has no text but its category, and no colour
    assert matching(client, "cirrus") == 6


def test_filters_negations_and_prices_count(client: httpx.Client) -> None:
    assert matching(client, "mug", filters={"color": ["red", "blue"]}) == 2
    assert matching(client, "mug not red") == 3
    assert matching(client, "shoe under 16") == len([price for price in (15.0, 17.5, 20.0, 22.5) if price < 16])


def test_what_has_no_count_says_so(client: httpx.Client) -> None:
    assert matching(client, "mug", min_score=0.1) is None
    assert matching(client, "zxqv wkjh") is None
    assert client.get("/products/red-mug/similar").json()["matching"] is None


def test_without_a_word_that_says_anything_all_products_pass(client: httpx.Client) -> None:
    assert matching(client, "the", anyway=True) == 20
