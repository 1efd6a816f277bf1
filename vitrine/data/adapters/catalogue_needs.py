"""Information needs for any catalogue, from its categories, brands, colours and titles, with rules that label products.

Queries are a category ("dresses" of "Clothing > Dresses"), alone or after a colour, a brand or a word of its products'
titles; a brand; a title; and, without categories, two words that titles share. Exact: all that the query names.
Substitute: the category without the colour, brand or word. Complement: categories beside it.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final, TypeVar

from vitrine.data.adapters.catalogue_items import Category, Item
from vitrine.data.adapters.derived_judgements import InformationNeed
from vitrine.data.adapters.large_catalogues import choose_candidates
from vitrine.data.adapters.shopify_needs import MIN_TITLES
from vitrine.data.contract.splits import normalise, sample

TITLES: Final = 400
"""Maximal number of queries that are titles: there are as many as products, and others ask for less."""

TITLE_WORDS: Final = range(2, 9)
"""Numbers of words of the titles that are queries."""

Candidates = Mapping[Category, set[str]]
Key = TypeVar("Key", bound=Hashable)


def by_category(items: Iterable[Item]) -> dict[Category, set[str]]:
    """Group the products' ids by category; without it only where no product has one, since no rule could judge them."""
    categories = _ids_by(items, lambda item: [item.category])
    if len(categories) > 1:
        categories.pop((), None)
    return categories


def needs(items: Sequence[Item], candidates: Candidates, pool: Iterable[str]) -> Iterator[InformationNeed]:
    """Yield all information needs.

    `candidates` are each category's products that may be judged as inexact answers, and `pool` those for all queries.
    Needs share their sets of inexact products, since there are tens of thousands of needs.
    """
    under = _under(candidates, set(pool))
    yield from _categories(items, under)
    yield from _qualities(items, candidates, under)
    yield from _brands(items)
    yield from _titles(items, candidates)
    yield from _shared_words([item for item in items if not item.category])


def leave_unclear(
    need: InformationNeed, pool: Iterable[str], wanted: frozenset[str], titles: Mapping[str, frozenset[str]]
) -> InformationNeed:
    """Leave out the products that the need does not call exact, but whose title has all of the query's terms.

    Most of them have an empty or another category, brand or colour. `wanted` are the query's terms, `titles` those of
    each product's title, of the products in the `pool` and of the need.
    """
    inexact = {*pool, *need.substitute, *need.complement} - need.exact
    named = {product for product in inexact if wanted and wanted <= titles[product]}
    return replace(need, substitute=need.substitute - named, unclear=need.unclear | named)


def _ids_by(items: Iterable[Item], keys: Callable[[Item], Iterable[Key]]) -> dict[Key, set[str]]:
    """Group the products' ids by each of the keys that an item has."""
    ids: dict[Key, set[str]] = defaultdict(set)
    for item in items:
        for key in keys(item):
            ids[key].add(item.id)
    return dict(ids)


def _under(candidates: Candidates, pool: set[str]) -> dict[Category, set[str]]:
    """Return candidates of each category with all categories below it."""
    under: dict[Category, set[str]] = defaultdict(set)
    for category, products in candidates.items():
        for depth in range(len(category) + 1):
            under[category[:depth]] |= products
    return {category: choose_candidates(products, pool) for category, products in under.items()}


def _around(category: Category, under: Candidates) -> set[str]:
    """Return the candidates of the category and of those beside it; none of a category that is below no other."""
    return under[category[:-1]] if len(category) > 1 else set()


def _categories(items: Iterable[Item], under: Candidates) -> Iterator[InformationNeed]:
    answers = _ids_by(items, lambda item: accumulate((level,) for level in item.category))
    for category, exact in answers.items():
        yield InformationNeed(category[-1], exact, set(), _around(category, under))


def _qualities(items: Iterable[Item], candidates: Candidates, under: Candidates) -> Iterator[InformationNeed]:
    """Yield categories with a colour, a brand or a word that some of several titles have, but not all."""
    members: dict[Category, list[Item]] = defaultdict(list)
    for item in items:
        if item.category:
            members[item.category].append(item)
    for category, its in members.items():
        named = _ids_by(its, lambda item: (*item.colours, *item.brands))
        titled = _ids_by(its, lambda item: item.words)
        for word in category[-1].split():
            titled.pop(word, None)
        words = {word: found for word, found in titled.items() if MIN_TITLES <= len(found) < len(its)}
        for quality, exact in (*named.items(), *words.items()):
            yield InformationNeed(
                f"{quality} {category[-1]}",
                exact,
                candidates[category],
                _around(category, under),
                under[category],  # what is below the category may well be meant
            )


def _brands(items: Sequence[Item]) -> Iterator[InformationNeed]:
    for brand, exact in _ids_by(items, lambda item: item.brands).items():
        if len(exact) < len(items):  # a shop's only brand tells nothing apart
            yield InformationNeed(brand, exact, set(), set())


def _titles(items: Iterable[Item], candidates: Candidates) -> Iterator[InformationNeed]:
    answers: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if len(item.title.split()) in TITLE_WORDS:
            answers[normalise(item.title)].append(item)
    for title in sample(answers, TITLES, "title"):
        found = answers[title]
        alike = [candidates.get(item.category, set()) for item in found if item.category]
        yield InformationNeed(title, {item.id for item in found}, set().union(*alike), set())


def _shared_words(items: Sequence[Item]) -> Iterator[InformationNeed]:
    """Yield two neighbouring words of several titles, whose substitutes have the second word only: it is the noun."""
    pairs = _ids_by(items, lambda item: pairwise(item.words))
    nouns = _ids_by(items, lambda item: item.words[1:])
    for (word, noun), exact in pairs.items():
        if MIN_TITLES <= len(exact) < len(items):
            yield InformationNeed(f"{word} {noun}", exact, nouns[noun] - exact, set())
