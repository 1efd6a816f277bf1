from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from vitrine.data.columns import CATALOGUE
from vitrine.data.formats.arrow import as_matrix
from vitrine.data.vectors.files import ProductVectors, QueryVectors, write_vector_files
from vitrine.embeddings.precomputed import PrecomputedVectors
from vitrine.errors import DataError

IDENTITY = np.eye(3, dtype=np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Vectors of three queries and three products, the second of which has no image."""
    ids = pa.array(["a", "b", "c"])
    has_image = np.array([True, False, True])
    images = np.roll(IDENTITY, 1, axis=1) * has_image[:, None]
    products = ProductVectors(ids, IDENTITY, images, np.ones(3, bool), has_image)
    write_vector_files(tmp_path / "vectors", "some/model", 3, [QueryVectors(ids, ids, IDENTITY)], [products])
    return tmp_path / "vectors"


def look_up(folder: Path, id_column: str, rows: pa.Table) -> pa.Table:
    (batch,) = rows.to_batches()
    return pa.Table.from_batches([PrecomputedVectors(folder, id_column).encode(batch)])


def products(*ids: str) -> pa.Table:
    values = {name: [""] * len(ids) for name in CATALOGUE[:-1]} | {"image": ["https://a.example/1.jpg"] * len(ids)}
    return pa.table(values | {"product_id": list(ids)})


def test_queries_get_the_vectors_of_their_ids(folder: Path) -> None:
    table = look_up(folder, "query_id", pa.table({"query_id": ["c", "a"], "query": ["C", "A"]}))
    assert table["query_id"].to_pylist() == ["c", "a"]
    np.testing.assert_array_equal(as_matrix(table["query_vector"]), IDENTITY[[2, 0]])


def test_products_get_both_vectors_without_their_images(folder: Path) -> None:
    table = look_up(folder, "product_id", products("b", "c"))
    np.testing.assert_array_equal(as_matrix(table["text_vector"]), IDENTITY[[1, 2]])
    np.testing.assert_array_equal(as_matrix(table["image_vector"]), [[0, 0, 0], [1, 0, 0]])
    assert table["has_image"].to_pylist() == [False, True]
    assert table["has_text"].to_pylist() == [True, True]


def test_missing_vectors_are_counted_and_the_first_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"products.parquet: no vector for product_id 'x' and 1 others; every one"):
        look_up(folder, "product_id", products("x", "b", "y"))
    with pytest.raises(DataError, match=r"queries.parquet: no vector for query_id 'z'; every one"):
        look_up(folder, "query_id", pa.table({"query_id": ["z", "a"], "query": ["Z", "A"]}))


def test_an_id_with_two_vectors_is_named(tmp_path: Path) -> None:
    ids = pa.array(["a", "b", "a"])
    write_vector_files(tmp_path / "vectors", "some/model", 3, [QueryVectors(ids, ids, IDENTITY)], [])
    with pytest.raises(DataError, match=r"query_id 'a' has more than one row of vectors"):
        look_up(tmp_path / "vectors", "query_id", pa.table({"query_id": ["b"], "query": ["B"]}))
