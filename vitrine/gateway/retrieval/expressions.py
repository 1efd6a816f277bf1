"""Filters as Milvus expressions over the columns of `vitrine.features.filter_columns`."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from vitrine.categories.taxonomy import SEPARATOR
from vitrine.data.columns import PRICE
from vitrine.features.filter_columns import ENCODER, folded, folded_category, folded_color
from vitrine.gateway.schemas.filters import Filters

_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


def expression(encoder: str, filters: Filters, by_price: bool = True) -> str:
    """Return an expression that is true of every vector of an encoder whose product passes.

    It may be true of others, too, so the caller checks what is found: wildcards in a value match more than themselves,
    since Milvus Lite has no escape for them; Milvus does not have the stock; and prices are left out if not `by_price`.
    """
    return " and ".join([of_encoder(encoder), *_conditions(filters, by_price)])


def of_encoder(encoder: str) -> str:
    """Return an expression that is true of every vector of the encoder with a fingerprint."""
    return f"{ENCODER} == {quoted(encoder)}"


def quoted(text: str) -> str:
    """Return a text as a literal of an expression."""
    return f'"{text.translate(_ESCAPES)}"'


def _conditions(filters: Filters, by_price: bool) -> Iterator[str]:
    if filters.brand:
        yield f"brand in [{', '.join(quoted(folded(value)) for value in filters.brand)}]"
    if filters.category:
        yield _at_or_below([folded_category(value) for value in filters.category])
    if filters.color:
        yield f"({' or '.join(_contains_words(value) for value in filters.color)})"
    if by_price and (filters.price_min, filters.price_max) != (None, None):
        yield f"{PRICE} >= {_stored(filters.price_min or 0)}"  # an unknown price is negative
        if filters.price_max is not None:
            yield f"{PRICE} <= {_stored(filters.price_max)}"


def _at_or_below(categories: Sequence[str]) -> str:
    below = (quoted(f"{category}{SEPARATOR}%".replace("\\", "_")) for category in categories)
    patterns = " or ".join(f"category like {pattern}" for pattern in below)
    return f"(category in [{', '.join(map(quoted, categories))}] or {patterns})"


def _contains_words(value: str) -> str:
    patterns = (f"% {word} %" for word in folded_color(value).split() or [" "])  # a value without words is no colour's
    return f"({' and '.join(f'color like {quoted(pattern)}' for pattern in patterns)})"


def _stored(price: float) -> float:
    """Return a price in the precision of the collection."""
    return float(np.float32(price))
