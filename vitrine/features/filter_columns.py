"""Columns by which Milvus filters products while it searches their vectors.

Only Milvus has them, beside the vector in `PRODUCT_TEXT` and `PRODUCT_IMAGE`, since only Milvus searches under a
filter. Brand, colour and category are in lower case, the colour's words each between spaces, the category's levels in
the form `a > b`; an unknown price is -1.
The encoder's fingerprint keeps vectors of other encoders from being found, also while a registration replaces them.
"""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.categories.taxonomy import normalised
from vitrine.data import columns

ENCODER: Final = "encoder"
ATTRIBUTES: Final = ("brand", "color", "category")
STRINGS: Final = (*ATTRIBUTES, ENCODER)
NUMBERS: Final = (columns.PRICE,)
UNKNOWN_PRICE: Final = -1.0


def with_filter_columns(rows: pa.Table, products: pa.Table, encoder: str) -> pa.Table:
    """Append the columns of `products` to `rows`, which are aligned and whose vectors are of `encoder`."""
    for name in ATTRIBUTES:
        rows = rows.append_column(name, _folded(products, name))
    rows = rows.append_column(ENCODER, pa.repeat(encoder, len(rows)))
    return rows.append_column(columns.PRICE, _prices(products))


def folded_category(category: str) -> str:
    """Return a category in the form that filters compare: in lower case, with its levels in the form `a > b`."""
    return normalised(category).casefold()


def _folded(products: pa.Table, name: str) -> pa.Array:
    values = products[name].to_pylist() if name in products.column_names else [None] * len(products)
    folded = [(value or "").casefold() for value in values]
    if name == "color":
        folded = [f" {' '.join(value.split())} " for value in folded]
    if name == "category":
        folded = [folded_category(value) for value in folded]
    return pa.array(folded, pa.string())


def _prices(products: pa.Table) -> pa.ChunkedArray | pa.Array:
    unknown = pa.scalar(UNKNOWN_PRICE, pa.float32())
    if columns.PRICE not in products.column_names:
        return pa.repeat(unknown, len(products))
    prices = products[columns.PRICE].cast(pa.float32())
    return pc.if_else(pc.fill_null(pc.is_finite(prices), False), prices, unknown)
