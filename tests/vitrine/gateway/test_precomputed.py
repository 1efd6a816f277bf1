"""A gateway over a search model that answers known queries only."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.vitrine.gateway.conftest import gateway
from tests.vitrine.search.precomputed_shop import produce_precomputed


@pytest.fixture(scope="module")
def known(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a gateway over the catalogue `known`, which answers known queries only, and `shop`."""
    serving = produce_precomputed(tmp_path_factory.mktemp("known"))
    with gateway({"catalogues": {"known": {"serving": serving}, "shop": {"serving": pushed}}}) as client:
        yield client


def test_a_known_query_is_answered_as_it_is(known: httpx.Client) -> None:
    answer = known.post("/known/search", json={"query": "nice red mug"}).raise_for_status().json()
    assert answer["results"][0]["product_id"] == "red-mug"
    assert not answer["junk"]


def test_a_new_query_is_the_callers_fault_and_the_response_says_why(known: httpx.Client) -> None:
    response = known.post("/known/search", json={"query": "red mug of nobody"})
    assert response.status_code == 400
    assert "catalogue known answers only queries that have precomputed vectors" in response.text


def test_a_new_query_is_answered_by_the_other_catalogue(known: httpx.Client) -> None:
    answer = known.post("/predict", json={"query": "a red mug"}).raise_for_status().json()
    assert {result["catalogue"] for result in answer["results"]} == {"shop"}
