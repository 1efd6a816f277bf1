"""Tests of the explained stages: they reproduce the ranking, and add up to its scores."""

import numpy as np
import pytest
import tensorflow as tf

from vitrine.cross_encoder.calibrated import Calibration
from vitrine.search.build.assembly import build_search_model
from vitrine.search.model.explanation_signatures import ExplanationSignatures
from vitrine.search.model.last_stage import LastStage
from vitrine.search.model.ranking_signatures import RankingSignatures
from vitrine.search.settings import Fusion, SearchSettings, SearchWeights

QUERIES = ("red mug", "blue shoe lamp", "450 ml green mug", "white-chair")
LEXICAL = SearchWeights(lexical=0.3, coverage=0.8, features=(0.4, -0.2), contradiction=1.5, blend=0.4)


def same_words(query, text):
    """Return the number of words that a query and a text share, float32 [P, 1]."""
    both = zip(query.numpy(), text.numpy(), strict=True)
    counts = [len(set(asked.decode().split()) & set(found.decode().split())) for asked, found in both]
    return tf.constant(counts, tf.float32)[:, tf.newaxis]


@pytest.fixture(scope="module", params=["words", "similarity", "ivf", "last stage"])
def model(request, products, sides, encoder, classifier_dir):
    index = "ivf" if request.param == "ivf" else "exact"
    weights = SearchWeights(blend=0.3, text_query=Fusion(slope=1.2)) if request.param == "similarity" else LEXICAL
    settings = SearchSettings(top_k=6, candidates=8, index=index, lists=4, probes=2)
    model = build_search_model(products, *sides, encoder, classifier_dir, settings, weights)
    if request.param == "last stage":
        calibration = Calibration(np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([1.0, -3.0, 0.0, -1.0]))
        model.last_stage = LastStage(same_words, calibration, 0.4, 3, ["title"])
    return model


def vectors(model, queries):
    return model.embed_text(tf.constant(queries))["embedding"]


def ranked(model, query, allowed=b""):
    answer = RankingSignatures(model).rank_text(tf.constant([query]), vectors(model, [query]), tf.constant([allowed]))
    return {name: tensor.numpy()[0] for name, tensor in answer.items()}


def explained(model, query, product_ids, allowed=b""):
    queries = [query] * len(product_ids)
    given = (tf.constant(queries), vectors(model, queries), tf.fill([len(queries)], allowed), tf.constant(product_ids))
    return {name: tensor.numpy() for name, tensor in ExplanationSignatures(model).explain_text(*given).items()}


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("filtered", [False, True])
def test_scores_labels_and_ranks_are_those_of_the_search(model, products, query, filtered):
    mask = np.array([not filtered or not name.startswith("red") for name in products["product_id"].to_pylist()])
    allowed = np.packbits(mask, bitorder="little").tobytes() if filtered else b""
    ranking = ranked(model, query, allowed)
    ids = [product_id for product_id in ranking["product_id"] if product_id]
    stages = explained(model, query, ids, allowed)
    assert stages["rank"].tolist() == list(range(1, len(ids) + 1))
    for name in ("score", "esci", "by_text", "by_image"):
        assert stages[name] == pytest.approx(ranking[name][: len(ids)], abs=1e-5, nan_ok=True)
    assert stages["passes"].all()


def test_a_product_that_is_no_candidate_has_the_score_of_the_pair_and_no_rank(model, products):
    candidates = {product_id for product_id in ranked(model, "red mug")["product_id"] if product_id}
    others = [name for name in products["product_id"].to_pylist() if name.encode() not in candidates]
    stages = explained(model, "red mug", others)
    assert (stages["rank"] == 0).all()
    assert (stages["candidate_rank"] == 0).all()
    pairs = model.score(tf.constant(["red mug"] * len(others)), tf.constant(others))
    assert stages["score"] == pytest.approx(pairs["score"].numpy(), abs=1e-6)
    if model.text_retriever.index is None:  # nothing that both sources look at can be missed
        assert (stages["candidate_log_odds"] <= stages["last_candidate_log_odds"] + 1e-5).all()


def test_similarities_are_ranked_among_all_products(model, products):
    ids = products["product_id"].to_pylist()
    stages = explained(model, "red mug", ids)
    for rank, value in (("text_rank", "by_text"), ("image_rank", "by_image"), ("similarity_rank", "similarity")):
        present = ~np.isnan(stages[value])
        values = stages[value][present]
        assert stages[rank][present].tolist() == [1 + int((values > each + 1e-4).sum()) for each in values]
        assert (stages[rank][~present] == 0).all()


def test_the_parts_add_up_to_the_log_odds_of_the_candidates(model, products):
    ids = products["product_id"].to_pylist()
    for query in QUERIES:
        stages, weights = explained(model, query, ids), model.weights
        total = weights.text_query.slope * stages["similarity"] + weights.text_query.intercept + stages["named"]
        total += weights.lexical * stages["lexical"] + weights.coverage * stages["coverage"] - stages["contradiction"]
        assert stages["candidate_log_odds"] == pytest.approx(total, abs=1e-4)


def test_words_have_their_shares_of_the_lexical_score(model, products):
    ids = products["product_id"].to_pylist()
    stages = explained(model, "a red mug, quixotic", ids)
    assert stages["word_score"].sum(axis=1) == pytest.approx(stages["lexical"], abs=1e-5)
    words = [word.decode() for word in stages["words"][0] if word]
    assert words[-3:] == ["red", "mug", "quixotic"]
    if model.words is not None:
        scores = dict(zip(words, stages["word_score"][ids.index("red-mug")], strict=False))
        assert scores["red"] > 0 < scores["mug"]
        assert scores["quixotic"] == 0
        assert stages["word_rank"][ids.index("red-mug")] == 1


def test_sources_say_how_a_product_was_found(model):
    stages = explained(model, "white-chair", ["white-chair", "unknown"])
    assert stages["found_by_id"].tolist() == [True, False]
    assert stages["known"].tolist() == [True, False]


def test_a_product_that_a_filter_excludes_is_not_found(model, products):
    mask = np.array([name != "red-mug" for name in products["product_id"].to_pylist()])
    stages = explained(model, "red mug", ["red-mug"], np.packbits(mask, bitorder="little").tobytes())
    assert not stages["passes"][0]
    assert stages["rank"][0] == 0


def test_the_last_stage_reads_the_first_candidates(model):
    ids = [product_id for product_id in ranked(model, "red mug")["product_id"] if product_id]
    stages = explained(model, "red mug", ids)
    if model.last_stage is None:
        assert np.isnan(stages["read_gain"]).all()
        assert not stages["read"].any()
    else:
        assert stages["read"].tolist() == [rank <= 3 for rank in stages["blended_rank"].tolist()]
        unread = ~stages["read"]
        assert stages["score"][unread] == pytest.approx(stages["blended_score"][unread], abs=1e-6)
        assert stages["score"][~unread] != pytest.approx(stages["blended_score"][~unread], abs=1e-6)
