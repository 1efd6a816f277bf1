"""Categories that the category head predicts for the products without one."""

import dataclasses
from typing import Final

import numpy as np
import pyarrow as pa

from vitrine.categories.head import CategoryHead
from vitrine.data.columns import CATEGORY_PREDICTED, CATEGORY_PROBABILITY
from vitrine.search.products import Products
from vitrine.search.row_blocks import row_blocks

CATEGORY: Final = "category"


def with_predicted_categories(products: Products, head: CategoryHead) -> Products:
    """Return the products with `CATEGORY_PREDICTED`, string, and `CATEGORY_PROBABILITY`, float32.

    Both are null where a product has a category, or neither text nor image; the category itself stays empty.

    A product with text and image is predicted by the mean of both vectors.
    """
    named = np.array([bool(category.strip()) for category in products.strings(CATEGORY)], bool)
    rows = np.flatnonzero(~named & (products.has_text | products.has_image))
    predicted, probability = np.zeros(products.count, np.int64), np.zeros(products.count, np.float32)
    for block in row_blocks(len(rows)):
        places = rows[block]
        classes, probabilities = head.best(products.text_vectors[places] + products.images(places))
        predicted[places], probability[places] = classes[:, 0], probabilities[:, 0]
    absent = np.ones(products.count, bool)
    absent[rows] = False
    names = pa.array(head.names, pa.string()).take(pa.array(predicted, mask=absent))
    table = products.table.append_column(CATEGORY_PREDICTED, names)
    table = table.append_column(CATEGORY_PROBABILITY, pa.array(probability, mask=absent))
    return dataclasses.replace(products, table=table)
