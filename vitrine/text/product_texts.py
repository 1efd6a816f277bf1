"""The text of a product, joined from its fields."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

SEPARATOR: Final = ". "


def product_texts(rows: pa.Table, fields: Sequence[str]) -> list[str]:
    """Join each product's non-empty `fields` with ". "; "" where all are empty."""
    parts = [pc.utf8_trim_whitespace(pc.cast(rows[field], pa.string())) for field in fields]
    nulled = [pc.if_else(pc.equal(part, ""), pa.scalar(None, pa.string()), part) for part in parts]
    # Arrow drops a row whose values are all skipped, and all rows after it move up
    # (https://github.com/narwhals-dev/narwhals/issues/3965). An empty field in front, cut off below, keeps the row.
    joined = pc.binary_join_element_wise(pa.scalar(""), *nulled, SEPARATOR, null_handling="skip")
    texts: list[str] = pc.utf8_slice_codeunits(joined, len(SEPARATOR)).to_pylist()
    return texts
