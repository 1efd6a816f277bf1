import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.search.index.rotation import STEP, leading_coordinates, rotate_products
from vitrine.search.settings import SearchSettings


def normal(count: int, dimension: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 50), st.integers(1, 40), st.integers(0, 1000))
def test_rotation_keeps_every_score(count, dimension, seed):
    vectors, bias, queries = (
        normal(count, dimension, seed),
        normal(count, 1, seed + 1)[:, 0],
        normal(7, dimension, seed + 2),
    )
    rotated = rotate_products(vectors, bias, queries, SearchSettings())
    scores = rotated.rotate_queries(queries) @ rotated.points.T
    assert np.allclose(scores, queries @ vectors.T + bias, atol=1e-3)


def test_vectors_that_differ_in_few_directions_have_few_leading_coordinates():
    narrow = normal(2000, 20, 0) @ normal(20, 200, 1)
    rotated = rotate_products(narrow, np.zeros(2000, np.float32), normal(100, 200, 2), SearchSettings(candidates=24))
    assert rotated.leading == STEP


def test_vectors_that_differ_in_all_directions_need_most_coordinates():
    vectors = normal(2000, 200, 0)
    rotated = rotate_products(vectors, np.zeros(2000, np.float32), normal(100, 200, 2), SearchSettings(candidates=24))
    assert rotated.leading > 100


def test_without_sampled_queries_all_coordinates_are_leading():
    assert leading_coordinates(normal(2000, 200, 0), normal(0, 200, 1), 100, 0.99) == 200
