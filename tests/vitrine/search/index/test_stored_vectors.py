import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.search.index.vectors import make_products, unit
from vitrine.search.index.stored_vectors import StoredVectors

TEXT, IMAGE = (unit(np.random.default_rng(seed).normal(size=(6, 8))) for seed in (0, 1))


def test_vectors_are_stored_once_and_returned_by_row():
    stored = StoredVectors(make_products(TEXT, IMAGE), "float32")
    text, image = stored.gather(tf.constant([[4, 0]]))
    assert np.array_equal(text, TEXT[None, [4, 0]])
    assert np.array_equal(image, IMAGE[None, [4, 0]])
    assert len(stored.variables) == 3


def test_without_images_no_image_vectors_are_stored():
    stored = StoredVectors(make_products(TEXT), "float32")
    assert sorted(variable.shape.rank for variable in stored.variables) == [1, 2]
    by_text, by_image = stored.inner_products(tf.constant(TEXT[:1]), tf.constant([[0, 5]]))
    assert by_text.numpy()[0] == pytest.approx([1, TEXT[0] @ TEXT[5]], abs=1e-6)
    assert by_image.numpy().tolist() == [[0, 0]]


def test_bfloat16_takes_half_of_the_memory():
    stored = StoredVectors(make_products(TEXT, IMAGE), "bfloat16")
    assert sum(variable.dtype.size * variable.shape.num_elements() for variable in stored.variables) == 6 * (2 * 16 + 1)
    assert np.allclose(stored.gather(tf.range(6))[0], TEXT, atol=0.01)


def test_each_product_knows_its_sides():
    has_text, has_image = np.array([1, 1, 0, 0, 1, 1], bool), np.array([1, 0, 1, 0, 0, 0], bool)
    stored = StoredVectors(make_products(TEXT, IMAGE, has_text, has_image), "float32")
    assert np.array_equal(stored.has(1, tf.range(6)), has_text)
    assert np.array_equal(stored.has(2, tf.range(6)), has_image)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_no_zeros_are_stored_for_products_without_a_side(precision):
    has_image = np.array([0, 1, 0, 0, 1, 0], bool)
    products = make_products(TEXT, IMAGE, has_image=has_image)
    stored = StoredVectors(products, precision)
    assert sorted(v.shape[0] for v in stored.variables if v.shape.rank == 2) == [3, 6]  # two images, and zeros
    _, image = stored.gather(tf.constant([[4, 0], [1, 5]]))
    expected = np.where(has_image[:, None], IMAGE, 0)
    assert np.allclose(image, expected[[[4, 0], [1, 5]]], atol=0.01)
    assert np.allclose(stored.between(tf.constant(1), tf.constant(5))[1], expected[1:5], atol=0.01)
