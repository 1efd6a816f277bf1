import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.search.index.graph_index import (
    FULL_SCAN_QUERIES,
    NO_ROW,
    ExactIndex,
    IvfIndex,
    build_index,
    rows_per_query,
)
from vitrine.search.index.inverted_lists import Partition, arrange, partition
from vitrine.search.index.rotation import RotatedProducts, rotate_products
from vitrine.search.settings import SearchSettings


def clustered(count: int, dimension: int = 16, clusters: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors around `clusters` centres, as in a catalogue, and their biases."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(clusters, dimension))
    vectors = centres[rng.integers(0, clusters, count)] + 0.3 * rng.normal(size=(count, dimension))
    return vectors.astype(np.float32), rng.normal(scale=0.5, size=count).astype(np.float32)


def queries_near(vectors: np.ndarray, count: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    near = vectors[rng.integers(0, len(vectors), count)] + 0.3 * rng.normal(size=(count, vectors.shape[1]))
    return (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)


def brute_force(vectors, bias, queries, count):
    return np.argsort(-(queries @ vectors.T + bias), axis=1, kind="stable")[:, :count]


def inverted(vectors, bias, queries, options: SearchSettings) -> tuple[RotatedProducts, Partition]:
    rotated = rotate_products(vectors, bias, queries, options)
    return rotated, partition(rotated, queries, options)


def recall(candidates: np.ndarray, expected: np.ndarray) -> float:
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(candidates, expected, strict=True)]))


def test_the_exact_index_is_brute_force():
    vectors, bias = clustered(500)
    queries = queries_near(vectors, 20)
    candidates = ExactIndex(vectors, bias).candidates(queries, 10).numpy()
    assert np.array_equal(candidates, brute_force(vectors, bias, queries, 10))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60), st.integers(1, 12), st.integers(0, 1000))
def test_with_every_list_probed_the_inverted_lists_are_exact(count, lists, seed):
    vectors, bias = clustered(count, dimension=4, clusters=5, seed=seed)
    rng = np.random.default_rng(seed)
    options = SearchSettings(probes=lists)  # any assignment, including empty lists
    rotated = rotate_products(vectors, bias, vectors, options)
    centroids = rng.normal(size=(lists, 5)).astype(np.float32)
    grouped = arrange(
        rotated.points, rng.integers(0, lists, count), centroids, rotated.rotate_queries(vectors), options
    )
    queries, k = queries_near(vectors, 3, seed), min(10, count)
    candidates = IvfIndex(rotated, grouped).candidates(queries, k).numpy()
    scores, expected = queries @ vectors.T + bias, brute_force(vectors, bias, queries, k)
    assert np.allclose(np.take_along_axis(scores, candidates, 1), np.take_along_axis(scores, expected, 1))


def test_the_default_probes_find_nearly_everything_in_clustered_data():
    vectors, bias = clustered(4000)
    queries = queries_near(vectors, 20)  # few enough to probe lists for each
    rotated, grouped = inverted(vectors, bias, queries_near(vectors, 200, seed=9), SearchSettings())
    candidates = IvfIndex(rotated, grouped).candidates(queries, 10).numpy()
    assert recall(candidates, brute_force(vectors, bias, queries, 10)) >= 0.95
    assert grouped.probes <= len(grouped.centroids) / 3  # the index does not probe nearly all lists


def test_every_product_is_in_one_list():
    vectors, bias = clustered(300)
    _, grouped = inverted(vectors, bias, vectors, SearchSettings(lists=12))
    assert sorted(grouped.rows) == list(range(300))
    assert grouped.starts[0] == 0
    assert grouped.starts[-1] == 300
    assert np.all(np.diff(grouped.starts) > 0)


def test_probed_lists_always_hold_a_full_answer():
    vectors, bias = clustered(200)
    assigned = np.concatenate([np.arange(19), np.full(181, 19)])  # nineteen lists of one product, one of the rest
    grouped = arrange(
        np.concatenate([bias[:, None], vectors], axis=1),
        assigned,
        np.eye(20, 17, dtype=np.float32),
        vectors[:0],
        SearchSettings(top_k=5, probes=1),
    )
    assert grouped.probes == 5


def test_a_bias_can_make_any_product_the_first():
    vectors, bias = clustered(400)
    bias[123] = 100
    queries = queries_near(vectors, 5)
    for index in ("exact", "ivf"):
        built = build_index(vectors, bias, queries, SearchSettings(index=index))
        assert built.candidates(queries, 3).numpy()[:, 0].tolist() == [123] * 5


@pytest.mark.parametrize("index", ["exact", "ivf"])
def test_bfloat16_keeps_the_top_ten(index):
    vectors, bias = clustered(2000, dimension=64)
    queries = queries_near(vectors, 100)
    narrow = build_index(vectors, bias, queries, SearchSettings(index=index, precision="bfloat16", recall=0.999))
    assert recall(narrow.candidates(queries, 10).numpy(), brute_force(vectors, bias, queries, 10)) >= 0.9
    # Re-ranking needs the ten best products among the hundred candidates.
    wide = narrow.candidates(queries, 100).numpy()
    expected = brute_force(vectors, bias, queries, 10)
    assert np.mean([np.isin(best, row).mean() for best, row in zip(expected, wide, strict=True)]) >= 0.99


def test_short_results_are_filled_with_no_row():
    vectors, bias = clustered(30)
    rotated, grouped = inverted(vectors, bias, vectors, SearchSettings(lists=10, probes=1, top_k=1))
    candidates = IvfIndex(rotated, grouped).candidates(vectors[:4], 30).numpy()
    assert candidates.shape == (4, 30)
    assert all((row == NO_ROW).any() and row[0] != NO_ROW for row in candidates)


def flat_tail(count: int, seed: int = 0) -> np.ndarray:
    """Return vectors of 128 coordinates that vary mostly along 20 directions and slightly along the others."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(128, 128)))
    return (rng.normal(size=(count, 128)) * np.where(np.arange(128) < 20, 1, 0.05) @ turn).astype(np.float32)


@pytest.mark.parametrize("together", [FULL_SCAN_QUERIES - 1, 60])
def test_leading_coordinates_choose_and_all_of_them_rank(together):
    vectors, bias = flat_tail(3000), np.zeros(3000, np.float32)
    queries = queries_near(vectors, 60)
    rotated, grouped = inverted(vectors, bias, queries_near(vectors, 200, seed=9), SearchSettings(candidates=40))
    assert rotated.leading < 100
    index = IvfIndex(rotated, grouped)
    candidates = np.concatenate([index.candidates(queries[i : i + together], 10) for i in range(0, 60, together)])
    expected = brute_force(vectors, bias, queries, 10)
    assert recall(candidates, expected) >= 0.95
    same = np.sort(candidates, axis=1) == np.sort(expected, axis=1)
    full = same.all(axis=1)  # where the same ten were candidates, they are in the same order
    assert full.any()
    assert np.array_equal(candidates[full], expected[full])


def test_many_queries_together_find_no_less_than_one_by_one():
    vectors, bias = clustered(3000, dimension=64)
    index = build_index(vectors, bias, vectors[:100], SearchSettings(index="ivf", recall=0.8))
    queries = queries_near(vectors, 64)
    expected = brute_force(vectors, bias, queries, 10)
    single = np.concatenate([index.candidates(queries[i : i + 1], 10) for i in range(64)])
    assert recall(index.candidates(queries, 10).numpy(), expected) >= recall(single, expected)


def test_no_queries_have_no_candidates():
    vectors, bias = clustered(50)
    for index in ("exact", "ivf"):
        built = build_index(vectors, bias, vectors, SearchSettings(index=index))
        assert built.candidates(vectors[:0], 7).shape == (0, 7)


def test_auto_is_exact_until_the_catalogue_is_large():
    vectors, bias = clustered(100)
    assert isinstance(build_index(vectors, bias, vectors, SearchSettings()), ExactIndex)
    assert isinstance(build_index(vectors, bias, vectors, SearchSettings(ivf_from=100)), IvfIndex)


def test_results_never_outnumber_the_catalogue():
    assert rows_per_query(SearchSettings(), 10) == (10, 10)
    assert rows_per_query(SearchSettings(top_k=24, candidates=5), 1000) == (24, 24)
    assert rows_per_query(SearchSettings(), 1000) == (24, 100)
