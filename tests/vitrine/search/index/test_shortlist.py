import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.search.index.shortlist import STEP, leading_for, rotate
from vitrine.search.settings import SearchSettings


def some(count: int, dimension: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 50), st.integers(1, 40), st.integers(0, 1000))
def test_turning_keeps_every_score(count, dimension, seed):
    vectors, bias, queries = some(count, dimension, seed), some(count, 1, seed + 1)[:, 0], some(7, dimension, seed + 2)
    rotated = rotate(vectors, bias, queries, SearchSettings())
    turned = rotated.asked(queries) @ rotated.points.T
    assert np.allclose(turned, queries @ vectors.T + bias, atol=1e-3)


def test_vectors_that_differ_in_few_directions_have_few_leading_coordinates():
    narrow = some(2000, 20, 0) @ some(20, 200, 1)
    rotated = rotate(narrow, np.zeros(2000, np.float32), some(100, 200, 2), SearchSettings(candidates=24))
    assert rotated.leading == STEP


def test_vectors_that_differ_in_all_directions_need_most_coordinates():
    vectors = some(2000, 200, 0)
    rotated = rotate(vectors, np.zeros(2000, np.float32), some(100, 200, 2), SearchSettings(candidates=24))
    assert rotated.leading > 100


def test_without_queries_to_measure_with_all_coordinates_lead():
    assert leading_for(some(2000, 200, 0), some(0, 200, 1), 100, 0.99) == 200
