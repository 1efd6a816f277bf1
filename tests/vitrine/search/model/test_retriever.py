import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.search.index.vectors import best_rows, clustered, make_products, queries_near, recall, unit
from vitrine.search.fusion import FusedVectors
from vitrine.search.index.filter_mask import unpack
from vitrine.search.index.inverted_lists import build_lists
from vitrine.search.index.ivf_index import NO_ROW, IvfIndex
from vitrine.search.index.stored_vectors import StoredVectors
from vitrine.search.model.retriever import Retriever
from vitrine.search.settings import Calibration, Fusion, SearchSettings

FUSION = Fusion(text=Calibration(mean=0.3, std=0.1), image=Calibration(mean=0.1, std=0.05), text_weight=0.6)


def retriever(products, precision="float32", **settings) -> Retriever:
    fused = FusedVectors(FUSION, products)
    options = SearchSettings(**{"candidates": 24} | settings)
    lists = build_lists(fused, fused.bias, queries_near(products.text_vectors, 200, seed=9), options)
    return Retriever(StoredVectors(products, precision), FUSION, IvfIndex(lists))


def shop(count: int, images: bool):
    text = unit(clustered(count, 64)[0])
    return make_products(text, unit(text + 0.02 * clustered(count, 64, seed=1)[0]) if images else None)


@pytest.mark.parametrize("images", [False, True])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_first_ten_are_those_of_exact_search(precision, images):
    products = shop(4000, images)
    queries = queries_near(products.text_vectors, 60)
    inverted, exact = retriever(products, precision), Retriever(StoredVectors(products, precision), FUSION)
    rows, similarity = inverted.candidates(tf.constant(queries), 10)
    wanted, exact_similarity = exact.candidates(tf.constant(queries), 10)
    assert recall(rows.numpy(), wanted.numpy()) >= 0.97
    same = (np.sort(rows, axis=1) == np.sort(wanted, axis=1)).all(axis=1)
    assert same.mean() >= 0.8  # where both found the same ten, order and similarities are those of all coordinates
    assert np.array_equal(rows.numpy()[same], wanted.numpy()[same])
    assert similarity.numpy()[same] == pytest.approx(exact_similarity.numpy()[same], abs=1e-3)


def test_one_query_is_answered_as_in_a_batch():
    products = shop(2000, images=True)
    queries, searching = queries_near(products.text_vectors, 5), retriever(products)
    together, similarity = searching.candidates(tf.constant(queries), 10)
    for row, query in enumerate(queries):
        alone = searching.candidates(tf.constant(query[None]), 10)
        assert np.array_equal(alone[0][0], together[row])
        assert alone[1][0].numpy() == pytest.approx(similarity[row].numpy(), abs=1e-4)


def test_short_results_are_filled_with_no_row():
    products = shop(300, images=False)
    rows, _ = retriever(products, lists=30, probes=1, links=0, top_k=1, candidates=75).candidates(
        products.text_vectors[:4], 200
    )
    assert rows.shape == (4, 200)
    assert all((row == NO_ROW).any() and row[0] != NO_ROW for row in rows.numpy())


def packed(masks: np.ndarray):
    strings = [np.packbits(mask, bitorder="little").tobytes() for mask in masks]
    return unpack(tf.constant(strings), masks.shape[1])


def allowed_scores(products, queries: np.ndarray, masks: np.ndarray) -> np.ndarray:
    fused = FusedVectors(FUSION, products)
    return np.where(masks, queries @ fused[:].T + fused.bias, -np.inf)


def test_filters_that_allow_few_products_are_exact_with_inverted_lists_too():
    products = shop(3000, images=True)
    queries = queries_near(products.text_vectors, 3)
    masks = np.random.default_rng(0).random((3, 3000)) < 0.05
    rows, _ = retriever(products).allowed(tf.constant(queries), 10, packed(masks))
    assert np.array_equal(rows, best_rows(allowed_scores(products, queries, masks), 10))


@pytest.mark.parametrize("queries_at_once", [1, 40])
@pytest.mark.parametrize("share", [0.5, 1])
def test_filters_that_allow_many_products_search_lists(share, queries_at_once, monkeypatch):
    monkeypatch.setattr("vitrine.search.model.retriever.FEW", 1000)
    products = shop(4000, images=True)
    queries = queries_near(products.text_vectors, 40)
    masks = np.random.default_rng(0).random((40, 4000)) < share
    searching = retriever(products)
    parts = [slice(start, start + queries_at_once) for start in range(0, 40, queries_at_once)]
    found = [searching.allowed(tf.constant(queries[part]), 10, packed(masks[part]))[0].numpy() for part in parts]
    rows = np.concatenate(found)
    assert np.take_along_axis(masks, rows, axis=1).all()
    assert recall(rows, best_rows(allowed_scores(products, queries, masks), 10)) >= 0.95


def test_a_filter_may_exclude_all_products_near_the_query(monkeypatch):
    monkeypatch.setattr("vitrine.search.model.retriever.FEW", 1000)
    products = shop(4000, images=False)
    queries, everything = queries_near(products.text_vectors, 20), np.ones((20, 4000), bool)
    last = best_rows(allowed_scores(products, queries, everything), 4000)[:, 200:]
    masks = np.stack([np.isin(np.arange(4000), rows) for rows in last])
    rows, _ = retriever(products).allowed(tf.constant(queries), 10, packed(masks))
    assert np.take_along_axis(masks, rows.numpy(), axis=1).all()
    assert recall(rows.numpy(), last[:, :10]) >= 0.85


def test_fewer_allowed_products_than_results_are_filled_with_no_row(monkeypatch):
    monkeypatch.setattr("vitrine.search.model.retriever.FEW", 100)
    products = shop(4000, images=False)
    queries = queries_near(products.text_vectors, 2)
    masks = np.stack([np.arange(4000) < 3, np.arange(4000) < 2000])  # together, they allow many
    rows = retriever(products).allowed(tf.constant(queries), 10, packed(masks))[0].numpy()
    assert sorted(rows[0]) == [NO_ROW] * 7 + [0, 1, 2]
    assert (rows[1] != NO_ROW).all()


@pytest.mark.parametrize("count", [0, 2])
def test_no_queries_and_one_product(count):
    products = make_products(unit(np.ones((1, 8))))
    rows, similarity = retriever(products).candidates(tf.ones([count, 8]), 1)
    assert rows.numpy().tolist() == [[0]] * count
    assert similarity.shape == (count, 1)
