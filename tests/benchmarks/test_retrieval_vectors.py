import numpy as np
import pytest

from benchmarks.retrieval_vectors import VARIABLE, make_catalogue, real_vectors
from vitrine.errors import DataError


@pytest.fixture(scope="module")
def real() -> np.ndarray:
    return 15 * np.random.default_rng(3).normal(size=(300, 16)).astype(np.float32)


def test_all_vectors_have_unit_length_and_the_requested_number(real):
    catalogue = make_catalogue(real, 1000, held_out=20)
    assert [rows.shape for rows in catalogue] == [(1000, 16), (20, 16), (20, 16)]
    for rows in catalogue:
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_queries_are_real_and_no_product_is_one_of_them(real):
    catalogue = make_catalogue(real, 1000, held_out=20)
    queries = np.concatenate([catalogue.queries, catalogue.tuning])
    assert len(np.unique(queries, axis=0)) == 40
    to_real = queries @ (real / np.linalg.norm(real, axis=1, keepdims=True)).T
    np.testing.assert_allclose(to_real.max(axis=1), 1, atol=1e-6)
    assert (queries @ catalogue.products.T).max() < 0.9999


def test_products_differ_from_one_another(real):
    catalogue = make_catalogue(real, 1000, held_out=20)
    assert len(np.unique(catalogue.products, axis=0)) == 1000


def test_the_same_seed_makes_the_same_catalogue(real):
    first, second = (make_catalogue(real, 100, held_out=20) for _ in range(2))
    assert all(np.array_equal(left, right) for left, right in zip(first, second, strict=True))


def test_without_the_data_it_says_what_is_needed(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(DataError, match=r"set VITRINE_REAL_DATA to a folder with sqid/query_features\.parquet"):
        real_vectors()
