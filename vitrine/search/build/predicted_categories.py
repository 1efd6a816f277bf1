"""Categories that the category head predicts for the products without one."""

import dataclasses
from typing import Final

import numpy as np
import pyarrow as pa

from vitrine.categories.head import CategoryHead
from vitrine.search.products import Products
from vitrine.search.row_blocks import row_blocks

CATEGORY: Final = "category"
PREDICTED: Final = "category_predicted"
"""The column of the predicted category, null where a product has a category, or neither text nor image."""
PROBABILITY: Final = "category_probability"
"""The column of its probability, float32."""


def with_predicted_categories(products: Products, head: CategoryHead) -> Products:
    """Return the products with the columns `PREDICTED` and `PROBABILITY`; the category itself stays empty.

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
    table = products.table.append_column(PREDICTED, names)
    return dataclasses.replace(products, table=table.append_column(PROBABILITY, pa.array(probability, mask=absent)))
