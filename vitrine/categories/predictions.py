"""The predictions of all products, `predictions.parquet`: cross-fitted ones, and the head's where there is no class."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from vitrine.categories.classes import NO_CLASS
from vitrine.categories.cross_fitting import CrossFitted
from vitrine.categories.data import CATEGORY, TITLE, CategoryData
from vitrine.categories.examples import BLOCK, PRODUCT_INPUTS
from vitrine.data.columns import IMAGE, PRODUCT_ID

CLASS: Final = "class"


def predictions(data: CategoryData, fitted: CrossFitted) -> pa.Table:
    """Return the products with `class`, null where a product has none, and predictions by text, image and both.

    The columns of an input are such as `text_category` and `text_probability`, null where a product lacks it.
    """
    names, label = pa.array(data.classes.names, pa.string()), data.classes.label
    table = data.products.table.select([PRODUCT_ID, TITLE, CATEGORY, IMAGE])
    table = table.append_column(CLASS, names.take(pa.array(label, mask=label == NO_CLASS)))
    for kind in PRODUCT_INPUTS:
        predicted = np.full(len(label), NO_CLASS, np.int64)
        probability = np.full(len(label), np.nan, np.float32)
        places = np.flatnonzero(data.examples.kind == kind)
        rows = data.examples.row[places]
        predicted[rows], probability[rows] = fitted.ranked[places, 0], fitted.probability[places, 0]
        others = np.flatnonzero((label == NO_CLASS) & data.source.has(kind))
        for block in np.array_split(others, -(-len(others) // BLOCK) or 1):
            vectors = data.source.gather(kind, block)
            classes, probabilities = fitted.head.best(vectors)
            predicted[block], probability[block] = classes[:, 0], probabilities[:, 0]
        absent = predicted == NO_CLASS
        input_name = kind.name.lower()
        table = table.append_column(f"{input_name}_category", names.take(pa.array(predicted, mask=absent)))
        table = table.append_column(f"{input_name}_probability", pa.array(probability, mask=absent))
    return table


def write_predictions(path: Path, data: CategoryData, fitted: CrossFitted) -> None:
    """Write the predictions of all products."""
    parquet.write_table(predictions(data, fitted), path)
