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
    assert {name: texts.tolist() for name, texts in products.texts(np.array([1, 1, 0])).items() if texts[0]} == {
        "title": ["Title b", "Title b", "Title a"]
    }
    assert products.images(np.array([1, 0])).tolist() == [[0, 0], [0, 1]]
    assert products.image_vectors.tolist() == [[0, 1], [0, 0]]
    assert (products.count, products.dimension) == (2, 2)


def test_mapped_vectors_are_not_copied(tmp_path):
    np.save(tmp_path / "texts.npy", np.eye(3, dtype=np.float32))
    mapped = np.load(tmp_path / "texts.npy", mmap_mode="r")
    products = Products.of(pa.table({"product_id": ["a", "b", "c"]}), mapped, None, [True] * 3, [False] * 3)
    assert np.shares_memory(products.text_vectors, mapped)


@pytest.mark.parametrize("images", [None, np.ones((2, 2))])
def test_without_any_image_there_is_no_image_side(images):
    products = Products.of(pa.table({"product_id": ["a", "b"]}), np.eye(2), images, [True, False], [False, False])
    assert products.image_vectors is None
    assert products.images(np.array([0])).tolist() == [[0, 0]]
    assert products.text_vectors.tolist() == [[1, 0], [0, 0]]
    assert products.kinds.tolist() == [1, 0]
    assert len(products.present_texts) == 1
    assert len(products.present_images) == 0


def test_images_without_vectors_are_refused():
    with pytest.raises(DataError, match="products have images, but there are no image vectors"):
        Products.of(pa.table({"product_id": ["a"]}), [[1, 0]], None, [True], [True])


def test_a_side_that_no_product_has_takes_no_memory(tmp_path):
    table = {"product_id": ["a"], "text_vector": vectors([1, 0]), "has_text": [True], "has_image": [False]}
    write_folder(tmp_path, pa.table(table))
    assert Products.read(tmp_path).image_vectors is None
    table = {"product_id": ["a"], "image_vector": vectors([1, 0]), "has_text": [False], "has_image": [True]}
    write_folder(tmp_path / "images", pa.table(table))
    products = Products.read(tmp_path / "images")
    assert products.text_vectors.tolist() == [[0, 0]]
    assert products.text_vectors.strides == (0, 0)


def test_vectors_that_are_not_finite_are_refused():
    table = pa.table({"product_id": ["a"]})
    with pytest.raises(DataError, match="NaN or infinity"):
        Products.of(table, [[np.nan, 0]], [[0, 0]], [True], [False])
