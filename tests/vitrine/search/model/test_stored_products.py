import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from vitrine.search.model.stored_products import StoredProducts, StoredTexts
from vitrine.search.products import Products


@pytest.fixture(scope="module")
def products() -> Products:
    table = pa.table({"product_id": ["b", "a", "ü"], "title": ["x", None, "x"], "brand": ["", "B", "C"]})
    return Products.of(table, np.eye(3, 4), None, [True] * 3, [False] * 3)


def test_rows_are_found_by_id(products):
    found = StoredProducts(products, "float32").rows(tf.constant(["ü", "nothing", "b", "a", ""]))
    assert found.numpy().tolist() == [2, -1, 0, 1, -1]


def test_no_ids_have_no_rows(products):
    assert StoredProducts(products, "float32").rows(tf.constant([], tf.string)).shape == (0,)


def test_equal_texts_are_stored_once(products):
    titles = StoredTexts(products, "title")
    assert titles.gather(tf.constant([2, 1, 0])).numpy().tolist() == [b"x", b"", b"x"]
    assert sorted(variable.shape[0] for variable in titles.variables) == [2, 3]


def test_equal_texts_of_several_batches_are_stored_once(products):
    table = pa.concat_tables([products.table, products.table.set_column(0, "product_id", pa.array(["c", "d", "e"]))])
    both = Products.of(table, np.eye(6), None, [True] * 6, [False] * 6)
    titles = StoredTexts(both, "title")
    assert titles.gather(tf.range(6)).numpy().tolist() == [b"x", b"", b"x"] * 2
    assert sorted(variable.shape[0] for variable in titles.variables) == [2, 6]


def test_without_images_the_classifier_gets_zeros(products):
    features = StoredProducts(products, "bfloat16").features(tf.constant([1, 0]))
    assert features["image_vector"].numpy().tolist() == [[0] * 4] * 2
    assert features["has_image"].numpy().tolist() == [0, 0]
    assert features["text_vector"].numpy().tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]
    assert features["brand"].numpy().tolist() == [b"B", b""]
    assert features["description"].numpy().tolist() == [b"", b""]
