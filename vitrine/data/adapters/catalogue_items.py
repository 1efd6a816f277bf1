"""The attributes of a catalogue's products that rules derive judgements from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from vitrine.data.adapters.shopify_needs import FILLERS
from vitrine.data.columns import PRODUCT_ID
from vitrine.text.words import keys_of

Category = tuple[str, ...]
"""A category's levels, the widest first; empty without a category."""

NO_VALUE: Final = {
    *("", "-", "all", "assorted", "default", "default category", "default title", "generic", "misc", "miscellaneous"),
    *("multi", "multicolor", "multicolour", "n/a", "na", "no brand", "none", "null", "other", "products", "unbranded"),
    *("uncategorised", "uncategorized", "unknown", "various"),
}
"""Values that name no category, brand or colour."""

MAX_WORDS: Final = 4
"""Maximal number of words of a colour or brand in a query: longer values are sentences."""

_LEVELS: Final = re.compile(r"\s*(?:>|»|\||::|\s/\s)\s*")
_ROOT: Final = re.compile(r"^default category/")
"""The root of Magento's categories, whose levels are separated by slashes without white space."""
_NEXT_PATH: Final = re.compile(r"[,;](?=[^,;>]*>)")
"""The separator of a category and a second one, whose levels are separated by ">"."""
_COLOURS: Final = re.compile(r"\s*(?:[,;/|&+]|\band\b)\s*")


@dataclass(frozen=True, slots=True)
class Item:
    """A product; all texts are in lower case, `words` are a title's words that queries use, in order."""

    id: str
    category: Category
    brands: tuple[str, ...]
    colours: tuple[str, ...]
    title: str
    words: tuple[str, ...]


def items(products: pa.Table) -> Iterator[Item]:
    """Yield the item of each product of a catalogue's table."""
    names = (PRODUCT_ID, "title", "brand", "color", "category")
    for product, title, brand, colour, category in zip(*(products[name].to_pylist() for name in names), strict=True):
        yield Item(
            product,
            _category(category),
            _named([brand.lower().strip()]),
            _named(_COLOURS.split(colour.lower().strip())),
            " ".join(title.lower().split()),
            tuple(dict.fromkeys(word for word in keys_of(title) if _is_searched(word))),
        )


def _category(value: str) -> Category:
    path = value.lower().strip()
    if _ROOT.match(path):
        path = path.split(",")[0].replace("/", ">")
    path = _NEXT_PATH.split(path)[0]
    return tuple(level for part in _LEVELS.split(path) if _is_name(level := " ".join(part.split())))


def _named(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if _is_name(value) and len(value.split()) <= MAX_WORDS))


def _is_name(value: str) -> bool:
    return value not in NO_VALUE and any(character.isalpha() for character in value)


def _is_searched(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and word not in FILLERS
