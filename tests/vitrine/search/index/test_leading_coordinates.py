import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vitrine.search.index.vectors import best_rows, clustered, queries_near
from vitrine.search.index.leading_coordinates import STEP, LeadingCoordinates, SampledQueries, measure_leading, nearest
from vitrine.search.row_blocks import BLOCK
from vitrine.search.settings import SearchSettings

FEW = SearchSettings(candidates=24)


def normal(count: int, dimension: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)


def leading(vectors: np.ndarray, queries: np.ndarray) -> LeadingCoordinates:
    bias = np.zeros(len(vectors), np.float32)
    return measure_leading(vectors, bias, SampledQueries.of(queries, vectors, bias, 0), FEW)


def test_vectors_that_differ_in_few_directions_have_few_leading_coordinates():
    narrow = normal(2000, 20, 0) @ normal(20, 200, 1)
    assert leading(narrow, normal(100, 200, 2)).width == STEP


def test_vectors_that_differ_in_all_directions_need_most_coordinates():
    assert leading(normal(2000, 200, 0), normal(100, 200, 2)).width > 100


def test_without_sampled_queries_all_coordinates_are_leading():
    assert leading(normal(2000, 200, 0), normal(0, 200, 1)).width == 200


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 50), st.integers(1, 40), st.integers(0, 1000))
def test_codes_of_all_coordinates_keep_every_score_within_their_step(count, dimension, seed):
    vectors, queries = normal(count, dimension, seed), normal(7, dimension, seed + 1)
    codes = leading(vectors, queries[:0])
    decoded = codes.encode(vectors @ codes.basis) * codes.step
    error = np.abs(queries @ codes.basis @ decoded.T - queries @ vectors.T)
    assert (error <= (np.abs(queries @ codes.basis) @ codes.step)[:, None] / 2 + 1e-3).all()


def test_values_outside_the_range_of_codes_are_clipped():
    codes = LeadingCoordinates(np.eye(2, dtype=np.float32), np.array([0.1, 0.1], np.float32), 10)
    assert codes.encode(np.array([[1000, -1000]], np.float32)).tolist() == [[127, -127]]


def test_neighbours_are_found_across_blocks_of_rows():
    vectors, bias = clustered(BLOCK + 100, dimension=8)
    queries = queries_near(vectors, 5)
    scores, rows = nearest(queries, vectors, bias, 10)
    expected = queries @ vectors.T + bias
    assert np.allclose(scores, np.take_along_axis(expected, best_rows(expected, 10), axis=1), atol=1e-4)
    assert np.allclose(scores, np.take_along_axis(expected, rows, axis=1), atol=1e-4)
