"""Tests of the ranking of given candidates: the same answers as of those that the search model finds."""

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.search.shop import DIMENSION, image_bytes
from vitrine.search.build.assembly import build_search_model
from vitrine.search.model.given_products import input_specs
from vitrine.search.model.ranking_signatures import RankingSignatures
from vitrine.search.model.reranking_signatures import RerankingSignatures
from vitrine.search.settings import SearchSettings, SearchWeights

ALL = tf.constant([b""])
OUTPUTS = ("score", "esci", "by_text", "by_image")


@pytest.fixture(scope="module", params=[(20, 0.0), (8, 0.0), (20, 1.5), (8, 1.5)])
def model(request, products, sides, encoder, classifier_dir):
    candidates, lexical = request.param
    settings, weights = (
        SearchSettings(top_k=6, candidates=candidates),
        SearchWeights(lexical=lexical, coverage=2 * lexical),
    )
    return build_search_model(products, *sides, encoder, classifier_dir, settings, weights)


@pytest.fixture(scope="module")
def signatures(model):
    return RerankingSignatures(model, model.candidates)


@pytest.fixture(scope="module")
def features(model, products):
    """The features of each product, by name, in a random order."""
    rows = np.random.default_rng(1).permutation(len(products)).astype(np.int32)
    stored, names = model.products.features(tf.constant(rows)), [*input_specs(DIMENSION)]
    found = {name: tensor.numpy() for name, tensor in stored.items() if name in names}
    found["has_image"] = found["has_image"].astype(bool)
    found["has_text"] = model.products.vectors.has(1, rows).numpy()
    found["product_id"] = np.array(products["product_id"].to_pylist(), object)[rows]
    return {name: found[name] for name in names}


def given(features, *chosen):
    """Return the inputs of `chosen` rows of the features, an array [R] for each query."""
    return [tf.constant(np.stack([values[rows] for rows in chosen])) for values in features.values()]


def everything(features):
    return np.arange(len(features["product_id"]))


def assert_same(reranked, ranked):
    assert reranked["product_id"].numpy().tolist() == ranked["product_id"].numpy().tolist()
    for name in OUTPUTS:
        np.testing.assert_allclose(reranked[name], ranked[name], atol=1e-5)


def text_vector(model, query):
    return model.embed_text(tf.constant([query]))["embedding"]


def image_vector(model, colour):
    return model.embed_image(tf.constant([image_bytes(colour)]))["embedding"]


@pytest.mark.parametrize("query", ["red mug", "blue shoe", "lamp", "nothing like it", "", "Blue-Mug "])
def test_a_text_query_ranks_given_products_as_those_it_finds(model, signatures, features, query):
    words, vector = tf.constant([query]), text_vector(model, query)
    ranked = RankingSignatures(model).rank_text(words, vector, ALL)
    assert_same(signatures.rerank_text(words, vector, *given(features, everything(features))), ranked)


def test_a_query_of_text_and_image_ranks_given_products_as_those_it_finds(model, signatures, features):
    query = (tf.constant(["blue"]), text_vector(model, "blue"), image_vector(model, "red"), tf.constant([0.3]))
    ranked = RankingSignatures(model).rank_both(*query, ALL)
    assert_same(signatures.rerank_both(*query, *given(features, everything(features))), ranked)


def test_an_image_is_a_query_of_text_and_image_with_all_weight_on_the_image(model, signatures, features):
    vector = image_vector(model, "green")
    ranked = RankingSignatures(model).rank_image(vector, ALL)
    query = (tf.constant([""]), vector, vector, tf.constant([1.0]))
    reranked = signatures.rerank_both(*query, *given(features, everything(features)))
    # Where scores are equal, such as those of images of one colour, any order will do.
    assert np.sort(reranked["product_id"].numpy()).tolist() == np.sort(ranked["product_id"].numpy()).tolist()
    np.testing.assert_allclose(reranked["score"], ranked["score"], atol=1e-5)


def test_products_without_an_id_are_absent(model, signatures, features):
    padded = {name: np.concatenate([values, np.zeros_like(values[:3])]) for name, values in features.items()}
    padded["product_id"][-3:] = b""
    for name in ("title", "description", "brand", "color", "category"):
        padded[name][-3:] = b"red mug"
    words, vector = tf.constant(["red mug"]), text_vector(model, "red mug")
    few = [0, 1, len(padded["product_id"]) - 1, 2]
    answer = signatures.rerank_text(words, vector, *given(padded, np.array(few)))
    alone = signatures.rerank_text(words, vector, *given(features, np.array(few)[[0, 1, 3]]))
    assert answer["product_id"].numpy()[0, -1] == b""
    assert answer["score"].numpy()[0, -1] == 0
    assert answer["product_id"].numpy()[0, :3].tolist() == alone["product_id"].numpy()[0].tolist()


def test_each_query_ranks_its_own_products(model, signatures, features):
    words = tf.constant(["red mug", "blue shoe"])
    vectors = model.embed_text(words)["embedding"]
    chosen = np.arange(5), np.arange(5, 10)
    answer = signatures.rerank_text(words, vectors, *given(features, *chosen))
    for row, rows in enumerate(chosen):
        alone = signatures.rerank_text(words[row : row + 1], vectors[row : row + 1], *given(features, rows))
        assert answer["product_id"].numpy()[row].tolist() == alone["product_id"].numpy()[0].tolist()
        np.testing.assert_allclose(answer["score"][row], alone["score"][0], atol=1e-6)
