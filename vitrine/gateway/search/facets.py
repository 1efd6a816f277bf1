"""Facets: how many of all that a search finds have each value."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.served import Catalogue
from vitrine.gateway.schemas import FACETS, Count, Facets, Filtered
from vitrine.gateway.search.answering import Answer, Place
from vitrine.gateway.search.ranking import rank

Order = Callable[[Sequence[Answer]], list[Place]]
"""All results of some answers, in the order in which they are shown."""


async def facets(
    catalogues: Mapping[str, Catalogue], found: Sequence[Answer], places: Sequence[Place], order: Order, cache: Cache
) -> Facets:
    """Count what was found at `places`; a field that is filtered, as if it were not.

    So a chosen brand keeps the brands that could be chosen instead. It costs a ranking for each filtered field.

    Raises:
        ApiError: A model fails, or cannot be reached.
    """
    fields = found[0].question.filters.chosen()
    free = await asyncio.gather(*(_without(catalogues, field, found, cache) for field in fields))
    counted = _counted(found, places)
    for field, answers in zip(fields, free, strict=True):
        alternatives = _counted(answers, order(answers))
        names = ("price_min", "price_max") if field == "price" else (field,)
        counted = counted.model_copy(update={name: getattr(alternatives, name) for name in names})
    return counted


async def _without(
    catalogues: Mapping[str, Catalogue], field: Filtered, found: Sequence[Answer], cache: Cache
) -> list[Answer]:
    """The answers as they were if `field` left nothing out."""

    async def again(one: Answer) -> Answer:
        asked = replace(one.question, filters=one.question.filters.without(field))
        return replace(one, ranking=await rank(catalogues[one.ranking.catalogue], asked, cache))

    return await asyncio.gather(*(again(one) for one in found))


def _counted(found: Sequence[Answer], places: Sequence[Place]) -> Facets:
    """Counts of everything at `places`, catalogues put together."""
    parts = []
    for number, one in enumerate(found):
        ids = [one.ranking.product_ids[place.position] for place in places if place.answer == number]
        products = one.ranking.edition.products
        parts.append(products.facets(products.rows(ids)))
    return parts[0] if len(parts) == 1 else _together(parts)


def _together(parts: Sequence[Facets]) -> Facets:
    counted: dict[str, list[Count]] = {}
    for name in FACETS:
        total: dict[str, int] = {}
        for part in parts:
            for count in getattr(part, name):
                total[count.value] = total.get(count.value, 0) + count.count
        ordered = sorted(total.items(), key=lambda one: -one[1])
        counted[name] = [Count(value=value, count=count) for value, count in ordered]
    lowest = [part.price_min for part in parts if part.price_min is not None]
    highest = [part.price_max for part in parts if part.price_max is not None]
    return Facets(**counted, price_min=min(lowest, default=None), price_max=max(highest, default=None))
