"""Prices and negations in queries become filters, which the answer names and a client can refuse."""

from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.vitrine.gateway.conftest import StartGateway, push


def search(client: httpx.Client, query: str, path: str = "/predict", **more: Any) -> Any:
    response = client.post(path, json={"query": query, "k": 100, **more})
    assert response.status_code == 200, response.text
    return response.json()


def colours(answer: Any) -> set[str]:
    return {result["color"] for result in answer["results"]}


@pytest.mark.parametrize("query", ["mug not red", "mug -red", "-red mug", "mug without red"])
def test_an_excluded_colour_is_in_no_result(client: httpx.Client, query: str) -> None:
    answer = search(client, query)
    assert colours(answer) == {"green", "deep blue", "white", ""}  # the last is known by its image alone
    assert answer["results"][0]["category"] == "mug"
    (constraint,) = answer["constraints"]
    assert (constraint["kind"], constraint["field"], constraint["value"]) == ("exclusion", "color", "red")
    assert all(result["why"]["words"] in (["mug"], []) for result in answer["results"])


def test_a_price_in_words_is_a_filter(client: httpx.Client) -> None:
    answer = search(client, "mug between 20 and 30", facets=True)
    assert {20.0 <= result["price"] <= 30.0 for result in answer["results"]} == {True}
    (constraint,) = answer["constraints"]
    assert (constraint["words"], constraint["price_min"], constraint["price_max"]) == ("between 20 and 30", 20, 30)
    assert answer["facets"]["price_max"] > 30  # the price's own alternatives


def test_a_given_filter_holds_too(client: httpx.Client) -> None:
    answer = search(client, "mug under 30", filters={"price_max": 20.0, "price_min": 10.0})
    assert {10.0 <= result["price"] <= 20.0 for result in answer["results"]} == {True}


def test_cheap_is_relative_to_what_the_other_words_find(client: httpx.Client) -> None:
    answer = search(client, "cheap mug")
    (constraint,) = answer["constraints"]
    prices = [result["price"] for result in answer["results"]]
    assert max(prices) <= constraint["price_max"] <= 12.5  # the most expensive mug
    assert answer["results"][0]["category"] == "mug"
    highest = search(client, "expensive mug")
    assert min(result["price"] for result in highest["results"]) >= highest["constraints"][0]["price_min"] >= 7.5


@pytest.mark.parametrize("query", ["mug not red", "cheap mug", "mug under 20"])
def test_a_client_can_refuse(client: httpx.Client, query: str) -> None:
    answer = search(client, query, interpret=False)
    assert answer["constraints"] == []
    assert answer["total"] == 20


def test_words_are_corrected_before_they_are_excluded(client: httpx.Client) -> None:
    answer = search(client, "mug not whitte")
    assert "white" not in colours(answer)
    assert answer["rewritten"]["changes"][0]["after"] == "white"


def test_each_query_has_its_own_ranking_in_the_cache(client: httpx.Client) -> None:
    totals = [search(client, query)["total"] for query in ("mug", "mug not red", "mug not green", "mug")]
    assert totals == [20, 16, 16, 20]


def test_a_query_of_which_nothing_passes_says_so(client: httpx.Client) -> None:
    answer = search(client, "red mug under 1")
    assert (answer["total"], answer["junk"]) == (0, False)
    assert "leaves out “under 1”" in answer["message"]


def test_a_query_of_constraints_alone_is_no_junk(client: httpx.Client) -> None:
    answer = search(client, "under 20")
    assert not answer["junk"]
    assert {result["price"] <= 20 for result in answer["results"]} == {True}


def test_every_catalogue_is_searched_by_its_own_constraints(pushed: Path, start_gateway: StartGateway) -> None:
    catalogues = {name: {"serving": pushed} for name in ("one", "two")}
    with start_gateway({"catalogues": catalogues}) as client:
        answer = search(client, "mug not red", "/all/search")
    assert colours(answer) == {"green", "deep blue", "white", ""}  # the last is known by its image alone
    assert {result["catalogue"] for result in answer["results"]} == {"one", "two"}


def test_without_prices_words_about_prices_are_searched_for(
    pushed: Path, tmp_path: Path, start_gateway: StartGateway
) -> None:
    push(pushed, tmp_path, 1)
    path = tmp_path / "index" / "1" / "vectors.parquet"
    table = parquet.read_table(path)
    place = table.column_names.index("price")
    parquet.write_table(
        table.set_column(place, table.field("price"), pa.nulls(len(table), table.field("price").type)), path
    )
    with start_gateway({"catalogues": {"shop": {"serving": tmp_path}}}) as client:
        for query in ("mug under 20", "cheap mug"):
            answer = search(client, query)
            assert (answer["constraints"], answer["total"]) == ([], 20)


def test_interpretation_can_be_switched_off(pushed: Path, start_gateway: StartGateway) -> None:
    settings = {"catalogues": {"shop": {"serving": pushed}}, "interpretation": {"prices": False, "negations": False}}
    with start_gateway(settings) as client:
        assert search(client, "cheap mug under 20 not red")["constraints"] == []
