import numpy as np
import pyarrow as pa

from vitrine.categories.head import CategoryHead
from vitrine.data.columns import CATEGORY_PREDICTED, CATEGORY_PROBABILITY
from vitrine.search.build.predicted_categories import with_predicted_categories
from vitrine.search.products import Products

HEAD = CategoryHead(["hats", "mugs"], [4 * np.eye(2, dtype=np.float32), np.zeros(2, np.float32)])


def test_only_products_without_a_category_get_one_by_what_they_have() -> None:
    table = pa.table({"product_id": list("abcd"), "category": ["hats", "", " ", ""]})
    texts = np.array([[0, 1], [0, 1], [0, 0], [0, 0]], np.float32)
    images = np.array([[0, 1], [0, 1], [1, 0], [0, 0]], np.float32)
    has = np.array([[True, True], [True, True], [False, True], [False, False]])
    products = Products.of(table, texts, images, has[:, 0], has[:, 1])
    found = with_predicted_categories(products, HEAD).table
    assert found[CATEGORY_PREDICTED].to_pylist() == [None, "mugs", "hats", None]
    assert [probability is None for probability in found[CATEGORY_PROBABILITY].to_pylist()] == [
        True,
        False,
        False,
        True,
    ]
    assert found["category"].to_pylist() == table["category"].to_pylist()
