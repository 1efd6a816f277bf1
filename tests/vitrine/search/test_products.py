import numpy as np
import pyarrow as pa
import pytest

from tests.embedding_folders import write_folder
from vitrine.errors import DataError
from vitrine.search.products import Products


def vectors(rows):
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ravel(rows).astype(np.float32)), 2)


def test_products_are_read_from_embedding_files(tmp_path):
    table = {
        "product_id": ["a", "b"],
        "title": ["Title a", "Title b"],
        "price": pa.array([None, None], pa.float32()),
        "text_vector": vectors([[1, 0], [1, 0]]),
        "image_vector": vectors([[0, 1], [0, 0]]),
        "has_text": [True, True],
        "has_image": [True, False],
    }
    write_folder(tmp_path, pa.table(table))
    products = Products.read(tmp_path)
    assert products.ids == ["a", "b"]
    assert products.strings("title") == ["Title a", "Title b"]
    assert products.strings("brand") == ["", ""]
    assert products.image_vectors.tolist() == [[0, 1], [0, 0]]
    assert (products.count, products.dimension) == (2, 2)


def test_a_side_that_no_product_has_takes_no_memory(tmp_path):
    table = {"product_id": ["a"], "text_vector": vectors([1, 0]), "has_text": [True], "has_image": [False]}
    write_folder(tmp_path, pa.table(table))
    products = Products.read(tmp_path)
    assert products.image_vectors.tolist() == [[0, 0]]
    assert products.image_vectors.strides == (0, 0)


def test_vectors_that_are_not_finite_are_refused():
    table = pa.table({"product_id": ["a"]})
    with pytest.raises(DataError, match="NaN or infinity"):
        Products.of(table, [[np.nan, 0]], [[0, 0]], [True], [False])
