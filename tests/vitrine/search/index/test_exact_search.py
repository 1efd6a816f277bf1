"""Exact search is compared with NumPy, in one block and in several, with and without images and filters."""

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.search.index.vectors import best_rows, make_products, queries_near, unit
from vitrine.search.fusion import FusedVectors
from vitrine.search.index.exact_search import BLOCK, Term, exact_search
from vitrine.search.index.filter_mask import unpack
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.stored_vectors import StoredVectors
from vitrine.search.model.retriever import Retriever
from vitrine.search.products import Products
from vitrine.search.settings import Calibration, Fusion

FUSION = Fusion(text=Calibration(mean=0.2, std=0.1), image=Calibration(mean=0.1, std=0.2), text_weight=0.7)


def normal(count, seed, dimension=12):
    return unit(np.random.default_rng(seed).normal(size=(count, dimension)))


def catalogue(count: int, images: bool) -> Products:
    rng = np.random.default_rng(5)
    has_text, has_image = rng.random(count) < 0.9, rng.random(count) < (0.6 if images else 0)
    return make_products(normal(count, 0), normal(count, 1), has_text, has_image)


def expected_scores(products: Products, queries: np.ndarray) -> np.ndarray:
    fused = FusedVectors(FUSION, products)
    return queries @ fused[:].T + fused.bias


def searched(products: Products, queries: np.ndarray, count: int, masks=None) -> np.ndarray:
    vectors = StoredVectors(products, "float32")
    allowed = masks is not None and unpack(
        tf.constant([np.packbits(mask, bitorder="little").tobytes() for mask in masks]), products.count
    )
    terms = [Retriever(vectors, FUSION).term(tf.constant(queries))]
    return exact_search(vectors, terms, count, allowed or None).numpy()


@pytest.mark.parametrize("images", [False, True])
@pytest.mark.parametrize("count", [1, 7, 500, BLOCK, 2 * BLOCK + 3])
def test_the_best_products_are_those_of_numpy(count, images):
    products, queries = catalogue(count, images), normal(4, 2)
    scores = expected_scores(products, queries)
    rows = searched(products, queries, min(10, count))
    best = best_rows(scores, min(10, count))
    assert np.allclose(np.take_along_axis(scores, rows, 1), np.take_along_axis(scores, best, 1), atol=1e-4)


@pytest.mark.parametrize("share", [0, 0.0005, 0.01, 0.5, 1])
@pytest.mark.parametrize("images", [False, True])
def test_filtered_products_are_those_of_numpy(share, images):
    count = 2 * BLOCK + 3
    products, queries = catalogue(count, images), normal(3, 2)
    masks = np.random.default_rng(3).random((3, count)) < share
    scores = np.where(masks, expected_scores(products, queries), -np.inf)
    rows, best = searched(products, queries, 10, masks), best_rows(scores, 10)
    for mask, row, wanted, score in zip(masks, rows, best, scores, strict=True):
        found = row[row != NO_ROW]
        assert len(found) == min(10, mask.sum())
        assert mask[found].all()
        assert np.allclose(score[found], score[wanted[: len(found)]], atol=1e-4)


def test_weighted_terms_are_added():
    products, queries, others = catalogue(300, images=True), normal(4, 2), normal(4, 3)
    vectors, weight = StoredVectors(products, "float32"), np.array([[0.1], [0.5], [0.9], [1]], np.float32)
    retriever = Retriever(vectors, FUSION)
    terms = [
        retriever.log_odds_term(tf.constant(queries), tf.constant(weight)),
        retriever.log_odds_term(tf.constant(others), tf.constant(1 - weight)),
    ]
    scores = weight * (FUSION.slope * expected_scores(products, queries) + FUSION.intercept)
    scores += (1 - weight) * (FUSION.slope * expected_scores(products, others) + FUSION.intercept)
    assert np.array_equal(exact_search(vectors, terms, 5).numpy(), best_rows(scores, 5))


def test_no_queries_have_no_results():
    products = catalogue(50, images=True)
    vectors = StoredVectors(products, "float32")
    term = Term(tf.zeros([0, 12]), tf.zeros([4, 3]))
    assert exact_search(vectors, [term], 7).shape == (0, 7)
    assert exact_search(vectors, [term], 7, unpack(tf.constant([], tf.string), 50)).shape == (0, 7)


def test_bfloat16_finds_the_same_ten_products_up_to_its_rounding():
    products = make_products(normal(4000, 0, 256))
    queries = queries_near(products.text_vectors, 50)
    vectors = StoredVectors(products, "bfloat16")
    rows = exact_search(vectors, [Retriever(vectors, FUSION).term(tf.constant(queries))], 10).numpy()
    scores = expected_scores(products, queries)
    best = np.take_along_axis(scores, best_rows(scores, 10), 1)
    # Scores are rounded by far less than their standard deviation, which is 1 for random pairs.
    assert np.allclose(np.take_along_axis(scores, rows, 1), best, atol=0.02)


@pytest.mark.parametrize("images", [False, True])
@pytest.mark.parametrize("count", [7, 2 * BLOCK + 3])
def test_products_in_bfloat16_are_those_of_their_rounded_vectors(count, images):
    products, queries = catalogue(count, images), normal(4, 2)
    vectors, wanted = StoredVectors(products, "bfloat16"), min(10, count)
    retriever = Retriever(vectors, FUSION)
    rows = exact_search(vectors, [retriever.term(tf.constant(queries))], wanted).numpy()
    every = tf.tile(tf.range(count)[tf.newaxis], [len(queries), 1])
    scores = retriever.similarity(tf.constant(queries), every).numpy()  # of all products, in float32
    best = best_rows(scores, wanted)
    assert np.allclose(np.take_along_axis(scores, rows, 1), np.take_along_axis(scores, best, 1), atol=1e-6)
