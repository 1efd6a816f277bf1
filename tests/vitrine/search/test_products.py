import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from vitrine.errors import DataError
from vitrine.search.products import Products


def vectors(rows):
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ravel(rows).astype(np.float32)), 2)


def test_products_are_read_from_embedding_files(tmp_path):
    for part, name in enumerate(("a", "b")):
        table = {
            "product_id": [name],
            "title": [f"Title {name}"],
            "price": pa.array([None], pa.float32()),
            "text_vector": vectors([1, 0]),
            "image_vector": vectors([0, 1]),
            "has_text": [True],
            "has_image": [part == 0],
        }
        parquet.write_table(pa.table(table), tmp_path / f"part-{part}.parquet")
    (tmp_path / "_undecodable.json").write_text("{}")
    products = Products.read(tmp_path)
    assert products.ids == ["a", "b"]
    assert products.strings("title") == ["Title a", "Title b"]
    assert products.strings("brand") == ["", ""]
    assert products.image_vectors.tolist() == [[0, 1], [0, 0]]  # absent vectors are zeros
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
    assert products.text_vectors.tolist() == [[1, 0], [0, 0]]
    assert products.kinds.tolist() == [1, 0]
    assert len(products.present_texts) == 1
    assert len(products.present_images) == 0


def test_images_without_vectors_are_refused():
    with pytest.raises(DataError, match="products have images, but there are no image vectors"):
        Products.of(pa.table({"product_id": ["a"]}), [[1, 0]], None, [True], [True])


def test_vectors_that_are_not_finite_are_refused():
    table = pa.table({"product_id": ["a"]})
    with pytest.raises(DataError, match="NaN or infinity"):
        Products.of(table, [[np.nan, 0]], [[0, 0]], [True], [False])
