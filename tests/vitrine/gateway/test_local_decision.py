"""Tests of decisions: they are those of the search, and their changes are the smallest that suffice."""

import asyncio

import pytest

from vitrine.errors import DataError
from vitrine.gateway.explaining.decision import decide as decide_place
from vitrine.gateway.explaining.parts import BOUND, CLASSIFIER, LAST_STAGE, score_parts
from vitrine.gateway.factory import build_gateway
from vitrine.gateway.local_decision import decide_here
from vitrine.gateway.schemas.searches import PageRequest
from vitrine.gateway.search.query import RankingQuery, Search
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings
from vitrine.search.settings import SearchWeights


def search(text: str) -> Search:
    return Search(RankingQuery("text", text=text), PageRequest(k=100))


@pytest.fixture(scope="module")
def decide(pushed, servables):
    settings = GatewaySettings(catalogues={"shop": CatalogueSettings(serving=pushed)})
    gateway = build_gateway(settings, {"shop": servables})
    catalogue = gateway.catalogue("shop")
    with asyncio.Runner() as runner:
        runner.run(catalogue.refresh())
        yield lambda text, product_id: runner.run(decide_place(catalogue, search(text), product_id, gateway.cache))
        runner.run(catalogue.close())


def test_ranks_scores_and_labels_are_those_of_the_gateway(decide, client):
    for text in ("red mug", "blue shoe not green"):
        results = client.post("/predict", json={"query": text, "k": 100}).json()["results"]
        for result in (results[0], results[3], results[-1]):
            decision = decide(text, result["product_id"])
            assert (decision.product.rank, decision.total) == (result["rank"], len(results))
            assert decision.product.score == pytest.approx(result["score"], abs=1e-5)
            assert decision.product.esci == pytest.approx(result["esci"], abs=1e-5)
            assert sum(decision.product.parts.values()) == pytest.approx(decision.product.log_odds)


def test_the_stage_with_the_largest_gap_decides(decide):
    decision = decide("red mug", "blue-mug")
    gaps = {part: decision.first.parts[part] - value for part, value in decision.product.parts.items()}
    assert decision.first.product_id == "red-mug"
    assert decision.decided_by == max(gaps, key=gaps.get)
    assert decide("red mug", "red-mug").decided_by is None


def test_a_condition_that_excludes_is_named_with_the_rank_without_it(decide):
    decision = decide("mug not red", "red-mug")
    assert decision.product.rank is None
    assert decision.exclusions == ["“not red”: it has “red”"]
    (change,) = decision.changes
    assert change.part == decision.decided_by == "filters"
    assert "without these conditions, it would be number" in change.text
    priced = decide("red mug under 20", "white-chair")
    assert priced.exclusions == ["“under 20”: it has the price 52.5"]


def test_a_refused_query_is_explained(decide):
    decision = decide("qwxzv", "red-mug")
    assert decision.interpretation.junk
    assert decision.product.rank is None
    assert decision.decided_by == "junk"
    assert "in a search anyway, it would be number" in decision.changes[0].text


def test_the_changed_gain_is_the_smallest_that_suffices(decide):
    decision = decide("red mug", "blue-mug")
    change = next(each for each in decision.changes if each.part == CLASSIFIER)
    weights = SearchWeights(blend=0.5)
    numbers = {
        "similarity": decision.product.similarity.similarity, "lexical": 0, "coverage": 0, "contradiction": 0,
        "named": 0, "features": 0, "read": 0, "read_gain": float("nan"),
    }  # fmt: skip
    similarity = decision.product.parts["similarity"]
    for gain, suffices in ((change.needed, True), (change.needed - 1e-4, False)):
        log_odds = similarity + score_parts(weights, {**numbers, "gain": gain})[CLASSIFIER]
        assert (log_odds > decision.first.log_odds) is suffices


def test_parts_of_the_last_stage_keep_its_bound():
    numbers = {
        "similarity": 40.0, "lexical": 0, "coverage": 0, "contradiction": 0, "named": 0, "features": 0, "gain": 0.5,
        "read": 1, "read_gain": 0.9,
    }  # fmt: skip
    parts = score_parts(SearchWeights(cross_encoder=0.4, blend=0.5), numbers)
    assert parts[BOUND] < 0 < parts[LAST_STAGE]
    assert sum(parts.values()) == pytest.approx(0.6 * 9.21024 + 0.4 * 2.19722, abs=1e-4)


def test_an_unknown_product_is_one_line(pushed):
    with pytest.raises(DataError, match="has no product 'nope'"):
        decide_here(pushed, 1, search("red mug"), "nope")


def test_one_version_is_loaded_for_one_decision(decide, pushed):
    alone, shared = decide_here(pushed, 1, search("red mug"), "blue-mug"), decide("red mug", "blue-mug")
    assert alone.product.score == pytest.approx(shared.product.score, abs=1e-6)
    assert (alone.product.rank, alone.decided_by) == (shared.product.rank, shared.decided_by)
