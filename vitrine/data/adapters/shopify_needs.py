"""Information needs for shops of which only titles and categories are known, with rules that label their products.

Queries are the last part of a category ("Clothing > Dresses"), alone or after a word of its products' titles ("floral
dresses"). Exact: all that the query names. Substitute: the category without the word. Complement: categories beside it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from vitrine.data.adapters.derived_judgements import InformationNeed

FILLERS: Final = {"and", "for", "from", "inch", "new", "our", "pack", "pcs", "set", "size", "the", "with", "your"}
"""Words of titles that no query uses."""

MIN_TITLES: Final = 2
"""Minimal number of a category's titles with a queried word: a word of a single title is often the product's name."""


@dataclass(frozen=True, slots=True)
class Item:
    """The attributes of a product that the rules use, and that stay in memory."""

    id: str
    category: tuple[str, ...]
    words: frozenset[str]


def item(product_id: str, title: str, category: str) -> Item:
    """Build the item of a product from its title and its category, whose levels are separated by ">"."""
    levels = tuple(level for part in category.lower().split(">") if (level := part.strip()))
    return Item(product_id, levels, frozenset(re.findall(r"\b[a-z]{3,}\b", title.lower())) - FILLERS)


def by_category(items: Iterable[Item]) -> dict[tuple[str, ...], set[str]]:
    """Group the products' ids by category."""
    categories = defaultdict(set)
    for product in items:
        categories[product.category].add(product.id)
    return dict(categories)


def needs(items: Iterable[Item], candidates: Mapping[tuple[str, ...], set[str]]) -> Iterator[InformationNeed]:
    """Yield all information needs. `candidates` are each category's products that may be judged as inexact answers."""
    answers: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for product in items:
        if product.category:
            category_words = set(re.findall(r"[a-z]+", product.category[-1]))
            for word in {"", *(word for word in product.words if not category_words & {word, f"{word}s", f"{word}es"})}:
                answers[word, product.category].add(product.id)
    siblings: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for category, products in candidates.items():
        siblings[category[:-1]] |= products if len(category) > 1 else set()
    for (word, category), exact in answers.items():
        if not word or len(exact) >= MIN_TITLES:
            query = f"{word} {category[-1]}".strip()
            yield InformationNeed(query, exact, candidates[category], siblings[category[:-1]] - candidates[category])
