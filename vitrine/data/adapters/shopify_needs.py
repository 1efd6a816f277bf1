"""What people could ask a shop for of which only titles and categories are known, and the rules that label it.

Queries are the last part of a category ("Clothing > Dresses"), alone or after a word of its products' titles ("floral
dresses"). Exact: what was asked for. Substitute: the category without the word. Complement: categories beside it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from vitrine.data.adapters.derived_judgements import InformationNeed

FILLERS: Final = {"and", "for", "from", "inch", "new", "our", "pack", "pcs", "set", "size", "the", "with", "your"}
"""Words of titles that nobody searches by."""

LEAST: Final = 2
"""Titles of a category that have a word before it is asked for: the word of a single one is often its name."""


@dataclass(frozen=True, slots=True)
class Item:
    """What the rules look at, and all that is remembered of a product."""

    id: str
    category: tuple[str, ...]
    words: frozenset[str]


def item(product_id: str, title: str, category: str) -> Item:
    """A product by its title and category, whose levels are parted by ">"."""
    levels = tuple(level for part in category.lower().split(">") if (level := part.strip()))
    return Item(product_id, levels, frozenset(re.findall(r"\b[a-z]{3,}\b", title.lower())) - FILLERS)


def by_category(items: Iterable[Item]) -> dict[tuple[str, ...], set[str]]:
    """The ids of each category's products."""
    categories = defaultdict(set)
    for each in items:
        categories[each.category].add(each.id)
    return dict(categories)


def needs(items: Iterable[Item], candidates: Mapping[tuple[str, ...], set[str]]) -> Iterator[InformationNeed]:
    """All queries. `candidates` are the products of each category that may be judged where they do not answer."""
    answers: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for each in items:
        if each.category:
            own = set(re.findall(r"[a-z]+", each.category[-1]))
            for word in {"", *(word for word in each.words if not own & {word, f"{word}s", f"{word}es"})}:
                answers[word, each.category].add(each.id)
    beside: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for category, products in candidates.items():
        beside[category[:-1]] |= products if len(category) > 1 else set()
    for (word, category), exact in answers.items():
        if not word or len(exact) >= LEAST:
            query = f"{word} {category[-1]}".strip()
            yield InformationNeed(query, exact, candidates[category], beside[category[:-1]] - candidates[category])
