"""Facets: the values of attributes, with the number of results that have each."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from vitrine.features.filter_columns import FOLDS, folded_category
from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.attribute_facets import Part, attribute_facets, histogram
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.facet_column import at_or_below
from vitrine.gateway.schemas.facets import Count, Facets
from vitrine.gateway.schemas.values import FACETS
from vitrine.gateway.search.answering import Answer, Place, best_answer, with_merchandising
from vitrine.gateway.search.categories import Categories
from vitrine.gateway.search.ranking import rank

_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "brand": ("brand",),
    "color": ("color",),
    "category": ("category",),
    "price": ("price_min", "price_max", "price_histogram", "currency"),
}
"""The parts of the facets that belong to a field of the filters; other fields are attributes."""
Order = Callable[[Sequence[Answer]], list[Place]]
"""A function that puts all results of some answers in the order in which they are shown."""


async def facets(
    catalogues: Mapping[str, Catalogue],
    answers: Sequence[Answer],
    places: Sequence[Place],
    order: Order,
    cache: Cache,
    by_group: bool,
) -> Facets:
    """Count the results at `places`, with `by_group` variants of one product once.

    Each filtered field is counted without its own filter. So a chosen brand keeps the brands that could be chosen
    instead. This takes one ranking for each filtered field. The categories that are predicted for the query come first.

    Raises:
        ApiError: A model fails, or cannot be reached.
    """
    fields = answers[0].query.filters.active_fields()
    unfiltered = await asyncio.gather(*(_without_filter(catalogues, field, answers, cache) for field in fields))
    counts = _count(answers, places, by_group)
    for field, wider in zip(fields, unfiltered, strict=True):
        alternatives = _count(wider, order(wider), by_group)
        if field in _PARTS:
            updated = {name: getattr(alternatives, name) for name in _PARTS[field]}
        else:
            own = {name: facet for name, facet in alternatives.attributes.items() if name == field}
            updated = {"attributes": counts.attributes | own}
        counts = counts.model_copy(update=updated)
    categories = probable_first(counts.category, best_answer(answers).categories)
    return counts.model_copy(update={"category": categories})


def probable_first(counts: Sequence[Count], predicted: Categories) -> list[Count]:
    """Return the counts of categories, those that are predicted, or are below one that is, first and by probability."""
    found = [(at_or_below({folded_category(each.category)}), each.probability) for each in predicted]

    def probability(count: Count) -> float:
        category = folded_category(count.value)
        return next((share for matches, share in found if matches(category)), 0.0)

    return sorted(counts, key=probability, reverse=True)


async def _without_filter(
    catalogues: Mapping[str, Catalogue], field: str, answers: Sequence[Answer], cache: Cache
) -> list[Answer]:
    """Rank for the same queries without the filter on `field`."""

    async def rank_again(answer: Answer) -> Answer:
        query = replace(answer.query, filters=answer.query.filters.without(field), diversity=0.0)  # order is no matter
        catalogue = catalogues[answer.ranking.catalogue]
        again = replace(answer, query=query, ranking=await rank(catalogue, query, cache), effect=None)
        return await with_merchandising(catalogue, again, cache)

    return await asyncio.gather(*(rank_again(answer) for answer in answers))


def _count(answers: Sequence[Answer], places: Sequence[Place], by_group: bool) -> Facets:
    """Count the results at `places` over all catalogues."""
    parts, columns, prices = [], list[Part](), list[Part]()
    for number, answer in enumerate(answers):
        product_ids = [answer.ranking.product_ids[place.position] for place in places if place.answer == number]
        products = answer.ranking.version.products
        rows = products.rows(product_ids)
        parts.append(products.facets(rows, by_group))
        groups = products.groups if by_group else None
        columns.append(Part(products.attributes, rows, groups.numbers[rows] if groups else None))
        prices.append(columns[-1]._replace(columns=products.price_column))
    return parts[0] if len(parts) == 1 else _sum(parts, columns, prices)


def _sum(parts: Sequence[Facets], columns: Sequence[Part], prices: Sequence[Part]) -> Facets:
    """Sum the counts of several catalogues, whose attributes and prices are counted anew."""
    counts: dict[str, list[Count]] = {}
    for name in FACETS:
        found: dict[str, Count] = {}
        for count in (count for part in parts for count in getattr(part, name)):
            key = FOLDS[name](count.value)
            known = found.get(key, Count(value=count.value, count=0))
            found[key] = Count(value=known.value, count=known.count + count.count)
        counts[name] = sorted(found.values(), key=lambda count: -count.count)
    lowest = [part.price_min for part in parts if part.price_min is not None]
    highest = [part.price_max for part in parts if part.price_max is not None]
    priced = [part for part in parts if part.price_min is not None]
    currencies = {part.currency for part in priced}
    is_mixed = len(currencies) > 1 or not all(part.price_histogram for part in priced)
    return Facets(
        **counts,
        price_min=min(lowest, default=None),
        price_max=max(highest, default=None),
        price_histogram=[] if is_mixed else histogram(prices),
        currency=currencies.pop() if len(currencies) == 1 else None,
        attributes=attribute_facets(columns),
    )
