"""The categories of products, with predicted ones where the catalogue has none."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import CATEGORY_PREDICTED, CATEGORY_PROBABILITY

LEAST: Final = 0.5
"""Probability from which a predicted category is a product's."""


def predicted_categories(table: pa.Table) -> pa.ChunkedArray:
    """Return the predicted category of each product, string [N]; null if it has one, or if no prediction is likely.

    An index of a run without a category head has no predictions.
    """
    if not {CATEGORY_PREDICTED, CATEGORY_PROBABILITY} <= set(table.column_names):
        return pa.chunked_array([pa.nulls(table.num_rows, pa.string())])
    is_likely = pc.fill_null(pc.greater_equal(table[CATEGORY_PROBABILITY], LEAST), False)
    return pc.if_else(is_likely, table[CATEGORY_PREDICTED], pa.scalar(None, pa.string()))
