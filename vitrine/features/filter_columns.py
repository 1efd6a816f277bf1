"""Columns by which Milvus filters products while it searches their vectors.

Only Milvus has them, beside the vector in `PRODUCT_TEXT` and `PRODUCT_IMAGE`, since only Milvus searches under a
filter. Brand, colour and category are folded as the gateway's filters compare them, the colour's words each between
spaces; an unknown price is -1.
The encoder's fingerprint keeps vectors of other encoders from being found, also while a registration replaces them.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
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
_WORD: Final = re.compile(r"[^\W_]+")


def with_filter_columns(rows: pa.Table, products: pa.Table, encoder: str) -> pa.Table:
    """Append the columns of `products` to `rows`, which are aligned and whose vectors are of `encoder`."""
    for name in ATTRIBUTES:
        rows = rows.append_column(name, _folded(products, name))
    rows = rows.append_column(ENCODER, pa.repeat(encoder, len(rows)))
    return rows.append_column(columns.PRICE, _prices(products))


def folded(value: str) -> str:
    """Return a value in the form that filters compare: without differences of case, of Unicode's forms and of spaces.

    Case folding can undo the normal form (Unicode 16, section 3.13.5, D146), so it is restored.
    """
    composed = unicodedata.normalize("NFKC", value).casefold()
    return " ".join(unicodedata.normalize("NFKC", composed).split())


def folded_color(value: str) -> str:
    """Return the folded words of a colour, without what separates them: `red white` for `Red/White`."""
    return " ".join(_WORD.findall(folded(value)))


def folded_category(category: str) -> str:
    """Return a folded category, with its levels in the form `a > b`."""
    return normalised(folded(category))


FOLDS: Final[Mapping[str, Callable[[str], str]]] = {
    "brand": folded,
    "color": folded_color,
    "category": folded_category,
}


def _folded(products: pa.Table, name: str) -> pa.Array:
    values = products[name].to_pylist() if name in products.column_names else [None] * len(products)
    texts = [FOLDS[name](value or "") for value in values]
    return pa.array([f" {text} " for text in texts] if name == "color" else texts, pa.string())


def _prices(products: pa.Table) -> pa.ChunkedArray | pa.Array:
    unknown = pa.scalar(UNKNOWN_PRICE, pa.float32())
    if columns.PRICE not in products.column_names:
        return pa.repeat(unknown, len(products))
    prices = products[columns.PRICE].cast(pa.float32())
    return pc.if_else(pc.fill_null(pc.is_finite(prices), False), prices, unknown)
