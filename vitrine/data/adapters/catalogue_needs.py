"""Information needs for any catalogue, from its categories, brands, colours and titles, with rules that label products.

Queries are a category ("dresses" of "Clothing > Dresses"), alone or after a colour, a brand or a word of its products'
titles; a brand; a title; and, without categories, two words that titles share. Exact: all that the query names.
Substitute: the category without the colour, brand or word. Complement: categories beside it.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from vitrine.data.adapters.catalogue_items import Category, Item
from vitrine.data.adapters.derived_judgements import InformationNeed
from vitrine.data.adapters.shopify_needs import MIN_TITLES
from vitrine.data.contract.splits import normalise, position

TITLES: Final = 400
"""Maximal number of queries that are titles: there are as many as products, and others ask for less."""

TITLE_WORDS: Final = range(2, 9)
"""Numbers of words of the titles that are queries."""

Candidates = Mapping[Category, set[str]]
_Answers = dict[str, set[str]]


def by_category(items: Iterable[Item]) -> dict[Category, set[str]]:
    """Group the products' ids by category; without it only where no product has one, since no rule could judge them."""
    categories = defaultdict(set)
    for item in items:
        categories[item.category].add(item.id)
    if len(categories) > 1:
        categories.pop((), None)
    return dict(categories)


def needs(items: Sequence[Item], candidates: Candidates) -> Iterator[InformationNeed]:
    """Yield all information needs. `candidates` are each category's products that may be judged as inexact answers."""
    under = _under(candidates)
    yield from _categories(items, under)
    yield from _qualities(items, candidates, under)
    yield from _brands(items)
    yield from _titles(items, candidates)
    yield from _shared_words([item for item in items if not item.category])


def leave_unclear(
    need: InformationNeed, pool: Iterable[str], wanted: frozenset[str], titles: Mapping[str, frozenset[str]]
) -> None:
    """Leave out the products that the need does not call exact, but whose title has all of the query's terms.

    Most of them have an empty or another category, brand or colour. `wanted` are the query's terms, `titles` those of
    each product's title, of the products in the `pool` and of the need.
    """
    inexact = {*pool, *need.substitute, *need.complement} - need.exact
    need.unclear |= {product for product in inexact if wanted and wanted <= titles[product]}
    need.substitute -= need.unclear
    need.complement -= need.unclear


def _under(candidates: Candidates) -> dict[Category, set[str]]:
    """Return the candidates of each category and of all categories below it."""
    under: dict[Category, set[str]] = defaultdict(set)
    for category, products in candidates.items():
        for depth in range(len(category) + 1):
            under[category[:depth]] |= products
    return dict(under)


def _beside(category: Category, under: Candidates) -> set[str]:
    return under[category[:-1]] - under[category] if len(category) > 1 else set()


def _categories(items: Iterable[Item], under: Candidates) -> Iterator[InformationNeed]:
    answers: dict[Category, set[str]] = defaultdict(set)
    for item in items:
        for depth in range(1, len(item.category) + 1):
            answers[item.category[:depth]].add(item.id)
    for category, exact in answers.items():
        yield InformationNeed(category[-1], exact, set(), _beside(category, under))


def _qualities(items: Iterable[Item], candidates: Candidates, under: Candidates) -> Iterator[InformationNeed]:
    """Yield categories with a colour, a brand or a word that some of several titles have, but not all."""
    named: dict[Category, _Answers] = defaultdict(lambda: defaultdict(set))
    titled: dict[Category, _Answers] = defaultdict(lambda: defaultdict(set))
    sizes: dict[Category, int] = defaultdict(int)
    for item in items:
        if item.category:
            sizes[item.category] += 1
            for quality in {*item.colours, *item.brands}:
                named[item.category][quality].add(item.id)
            for word in set(item.words).difference(item.category[-1].split()):
                titled[item.category][word].add(item.id)
    for category, size in sizes.items():
        words = {word: found for word, found in titled[category].items() if MIN_TITLES <= len(found) < size}
        for quality, exact in [*named[category].items(), *words.items()]:
            substitutes, beside = set(candidates[category]), _beside(category, under)
            yield InformationNeed(
                f"{quality} {category[-1]}", exact, substitutes, beside, under[category] - substitutes - exact
            )


def _brands(items: Sequence[Item]) -> Iterator[InformationNeed]:
    answers: _Answers = defaultdict(set)
    for item in items:
        for brand in item.brands:
            answers[brand].add(item.id)
    for brand, exact in answers.items():
        if len(exact) < len(items):  # a shop's only brand tells nothing apart
            yield InformationNeed(brand, exact, set(), set())


def _titles(items: Iterable[Item], candidates: Candidates) -> Iterator[InformationNeed]:
    answers: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if len(item.title.split()) in TITLE_WORDS:
            answers[normalise(item.title)].append(item)
    for title in heapq.nsmallest(TITLES, answers, key=lambda title: (position(title, "title"), title)):
        found = answers[title]
        alike = [candidates.get(item.category, set()) for item in found if item.category]
        yield InformationNeed(title, {item.id for item in found}, set().union(*alike), set())


def _shared_words(items: Sequence[Item]) -> Iterator[InformationNeed]:
    """Yield two neighbouring words of several titles, whose substitutes have the second word only: it is the noun."""
    pairs: dict[tuple[str, str], set[str]] = defaultdict(set)
    nouns: _Answers = defaultdict(set)
    for item in items:
        for pair in pairwise(item.words):
            pairs[pair].add(item.id)
            nouns[pair[1]].add(item.id)
    for (word, noun), exact in pairs.items():
        if MIN_TITLES <= len(exact) < len(items):
            yield InformationNeed(f"{word} {noun}", exact, nouns[noun] - exact, set())
