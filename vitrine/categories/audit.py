"""Findings about a catalogue's categories, from the cross-fitted predictions of a run."""

from pathlib import Path
from typing import Final, Literal

import pandas as pd
from pyarrow import parquet

from vitrine.categories.figures import PREDICTIONS
from vitrine.errors import DataError

Finding = Literal["category", "inputs", "missing"]
"""`category`: text and image say another category than the product's. `inputs`: text and image say different ones.
`missing`: the product has no category, and the predicted one is given."""

COLUMNS: Final = (
    *("product_id", "title", "finding", "category", "predicted", "probability"),
    *("text_category", "text_probability", "image_category", "image_probability", "image"),
)


def read_audit(training: Path) -> pd.DataFrame:
    """Return the findings from the folder of a head's figures (`audit`).

    Raises:
        DataError: the run has trained no head.
    """
    path = training / PREDICTIONS
    if not path.is_file():
        raise DataError(f"{path}: no predictions there; the run has trained no category head (its report says why)")
    return audit(parquet.read_table(path).to_pandas())


def audit(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return a row with `COLUMNS` for each finding, the most confident first.

    `predictions` has the columns of `vitrine.categories.predictions`. The probability of a finding is the lower one of
    text and image, where a product has both. A product is in one finding at most.
    """
    text, image = predictions["text_category"], predictions["image_category"]
    has_both = text.notna() & image.notna()
    single = text.fillna(image)
    agreed = single.notna() & (~has_both | (text == image))
    lowest = predictions[["text_probability", "image_probability"]].min(axis=1)
    known = predictions["class"].notna()
    unnamed = ~known & (predictions["category"].fillna("").str.strip() == "") & single.notna()
    found = pd.Series(None, predictions.index, dtype=object)
    found[known & agreed & (single != predictions["class"])] = "category"
    found[known & has_both & (text != image)] = "inputs"
    found[unnamed] = "missing"
    is_joint = unnamed & has_both
    predicted = predictions["both_category"].where(is_joint, single.where(agreed))
    probability = predictions["both_probability"].where(is_joint, lowest)
    table = predictions.assign(finding=found, predicted=predicted, probability=probability)[found.notna()]
    order = ["finding", "probability", "product_id"]
    return table.sort_values(order, ascending=[True, False, True])[list(COLUMNS)].reset_index(drop=True)
