"""Tests of maximal marginal relevance, against the definition computed product by product."""

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.search.shop import DIMENSION, image_bytes
from vitrine.search.build.assembly import build_search_model
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.model.diversity import diverse_order
from vitrine.search.model.given_products import GivenVectors
from vitrine.search.settings import SearchSettings

RNG = np.random.default_rng(0)
SIZE = 12


def unit(count):
    vectors = RNG.normal(size=(count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


TEXT, IMAGE = unit(SIZE), unit(SIZE)
HAS_TEXT, HAS_IMAGE = np.arange(SIZE) % 4 != 1, np.arange(SIZE) % 3 != 1
VECTORS = GivenVectors(*map(tf.constant, (TEXT, IMAGE, HAS_TEXT, HAS_IMAGE)))
SCORE = RNG.uniform(size=SIZE).astype(np.float32)


def cosine(one, other):
    sides = ((TEXT, HAS_TEXT), (IMAGE, HAS_IMAGE))
    cosines = [vectors[one] @ vectors[other] for vectors, has in sides if has[one] and has[other]]
    return float(np.mean(cosines)) if cosines else 0.0


def maximal_marginal_relevance(rows, diversity):
    placed, left = [], list(rows)
    while left:
        marginal = [
            (1 - diversity) * SCORE[row] - diversity * max(cosine(row, other) for other in placed)
            if placed
            else SCORE[row]
            for row in left
        ]
        placed.append(left.pop(int(np.argmax(marginal))))
    return placed


def order(rows, score, diversity, count=None):
    rows = np.array(rows, np.int32)
    count = rows.shape[1] if count is None else count
    given = tf.constant(score, tf.float32, shape=rows.shape)
    return diverse_order(VECTORS, tf.constant(rows), given, tf.constant(diversity, tf.float32), count).numpy()


@pytest.mark.parametrize("diversity", [0.1, 0.5, 0.9, 1.0])
def test_the_order_is_that_of_maximal_marginal_relevance(diversity):
    rows = list(range(SIZE))
    assert order([rows], [SCORE], [diversity])[0].tolist() == maximal_marginal_relevance(rows, diversity)


def test_without_diversity_the_order_is_that_of_the_scores_and_ties_stay():
    assert order([[0, 1, 2, 3]], [[0.2, 0.9, 0.9, 0.5]], [0.0])[0].tolist() == [1, 2, 3, 0]


def test_each_query_of_a_batch_has_its_own_diversity():
    rows = list(range(SIZE))
    both = order([rows, rows], [SCORE, SCORE], [0.0, 0.7])
    assert both[0].tolist() == np.argsort(-SCORE, kind="stable").tolist()
    assert both[1].tolist() == maximal_marginal_relevance(rows, 0.7)


def test_the_first_places_are_those_of_the_whole_order():
    rows = list(range(SIZE))
    assert order([rows], [SCORE], [0.5], 5)[0].tolist() == maximal_marginal_relevance(rows, 0.5)[:5]


@pytest.mark.parametrize("diversity", [0.5, 1.0])
def test_rows_without_a_product_come_last(diversity):
    places = order([[NO_ROW, 3, NO_ROW, 5, 6]], [[0.0, *SCORE[[3]], 0.0, *SCORE[[5, 6]]]], [diversity])[0]
    assert places[3:].tolist() == [0, 2]
    assert [[NO_ROW, 3, NO_ROW, 5, 6][place] for place in places[:3]] == maximal_marginal_relevance(
        [3, 5, 6], diversity
    )


def test_nothing_is_ordered_as_nothing():
    assert order(np.zeros((1, 0)), np.zeros((1, 0)), [0.5]).shape == (1, 0)
    assert order(np.zeros((0, 3)), np.zeros((0, 3)), []).shape == (0, 3)


@pytest.fixture(scope="module")
def shops(products, sides, encoder, classifier_dir):
    return {
        diversity: build_search_model(
            products, *sides, encoder, classifier_dir, SearchSettings(top_k=6, candidates=20, diversity=diversity)
        )
        for diversity in (0.0, 0.6)
    }


def ids(answer):
    return [product_id.decode() for product_id in answer["product_id"].numpy()[0]]


def test_a_model_that_is_built_with_diversity_searches_with_it(shops):
    query, signatures = tf.constant(["red mug"]), shops[0.0].signatures()
    embedding = signatures["embed_text"](query)["embedding"]
    ranked = signatures["rank_text"](query, embedding, tf.constant([""]))
    order = signatures["diversify"](ranked["product_id"], ranked["score"], tf.constant([0.6]))["order"]
    diverse = shops[0.6].search(query)
    assert ids(diverse) == ids({"product_id": tf.gather(ranked["product_id"], order[:, :6], batch_dims=1)})
    assert ids(diverse) != ids(shops[0.0].search(query))
    scored = shops[0.6].score(tf.constant(["red mug"] * 6), diverse["product_id"][0])
    assert diverse["score"].numpy()[0] == pytest.approx(scored["score"].numpy(), abs=1e-6)
    by_image = shops[0.6].search_image(tf.constant([image_bytes("red")]))
    assert len({product_id.split("-")[0] for product_id in ids(by_image)}) > 1
    assert len(set(ids(by_image))) == 6
