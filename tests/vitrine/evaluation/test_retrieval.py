import pytest

from tests.vitrine.evaluation.test_measure import HELD_OUT
from tests.vitrine.search import shop
from vitrine.evaluation.retrieval import HeldOutQueries, retrieval_figures, served_figures
from vitrine.metrics.ranking import Judgements


def test_all_held_out_queries_search_with_their_texts() -> None:
    queries = HeldOutQueries.sample(HELD_OUT)
    assert queries.text == {"q-blue": "blue mug", "q-red": "red mug"}
    assert queries.judged.gain.size == HELD_OUT.num_rows


def test_unjudged_results_count_in_one_comparison_and_not_in_the_other() -> None:
    judged = Judgements.from_labels(["q"] * 2, ["a", "b"], ["E", "I"])
    figures = retrieval_figures(judged, model={"q": ["new", "a", "b"]}, bm25={"q": ["b", "a"]})
    assert figures["unjudged@10"] == {"search_model": pytest.approx(1 / 3), "bm25": 0.0}
    assert figures["against"]["bm25"]["value"] == pytest.approx(0)  # the exact product is second in both
    assert figures["condensed"]["against"]["bm25"]["value"] > 0.3
    assert figures["ideal_ndcg@10"] == 1.0


def test_a_query_without_results_scores_zero() -> None:
    judged = Judgements.from_labels(["q", "r"], ["a", "a"], ["E", "E"])
    figures = retrieval_figures(judged, model={"q": ["a"], "r": ["a"]}, bm25={"q": ["a"], "r": []})
    assert figures["bm25"]["ndcg@10"]["value"] == 0.5
    assert figures["search_model"]["ndcg@10"]["value"] == 1.0


def test_products_that_only_one_catalogue_has_count_for_neither() -> None:
    judged = HeldOutQueries.sample(HELD_OUT).judged
    model = {query: ["new", f"{query[2:]}-mug", "white-lamp"] for query in judged.queries}
    earlier = {query: ["gone", f"{query[2:]}-mug", "white-lamp"] for query in judged.queries}
    shared = set(shop.catalogue()["product_id"].to_pylist()) - {"blue-mug"}
    figures = served_figures(judged, model, earlier, shared)
    assert figures["difference"]["value"] == 0
    assert figures["products"] == 19
    assert figures["search_model"]["recall@1"]["value"] == 0.5  # of both queries, one has lost its exact product
    assert figures["ideal_ndcg@10"] == 1.0


def test_catalogues_without_a_common_product_are_not_compared() -> None:
    judged = HeldOutQueries.sample(HELD_OUT).judged
    figures = served_figures(judged, {"q-red": ["red-mug"]}, {"q-red": ["other"]}, set())
    assert figures == {"not_compared": "it has no product that is judged for a held-out query"}
