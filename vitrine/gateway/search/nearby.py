"""Results that are near to a search that has found nothing: those without the condition that tells the least."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.schemas.answers import Dropped, Nearby
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.search.answering import Answer, Place, in_stock, with_merchandising
from vitrine.gateway.search.grouping import representatives
from vitrine.gateway.search.interpreting import constrained
from vitrine.gateway.search.query import Search
from vitrine.gateway.search.ranking import rank
from vitrine.gateway.search.results import results
from vitrine.interpretation.constraint import Constraint, Exclusion

Order = Callable[[Sequence[Answer], float], list[Place]]
"""A function that puts the results of answers with at least a score in the order in which they are shown."""
TELLING: Final = ("score", "in_stock", "price", "color", "brand", "text", "category")
"""Conditions from the least telling to the most; others come before the last two."""
DIGITS: Final = 1
"""Decimals of comparable scores, in standard deviations, by which results are as near as others."""

NAMES: Final = {
    "score": "the lowest score",
    "in_stock": "the stock",
    "price": "the price",
    "color": "the colour",
    "brand": "the brand",
    "category": "the category",
}


@dataclass(frozen=True)
class _Found:
    """The conditions that were dropped, the answers without them, and the places of their results."""

    dropped: tuple[Dropped, ...]
    answers: Sequence[Answer]
    places: Sequence[Place]

    @property
    def nearness(self) -> float:
        """The highest comparable score of a result, which is not the first one if they are sorted by another order."""
        comparable = [answer.ranking.comparable for answer in self.answers]
        return round(max(float(comparable[place.answer][place.position]) for place in self.places), DIGITS)


async def nearby(
    catalogues: Mapping[str, Catalogue], search: Search, answers: Sequence[Answer], order: Order, cache: Cache
) -> Nearby | None:
    """Return what is near to a search without results, or None if it has no condition that could be dropped.

    Of the conditions (filters, words of the query that became filters, the lowest score) the one is dropped without
    which the best result is the nearest, and of equals the least telling. If no single one is enough, they are dropped
    one after the other, the least telling first.

    Raises:
        ApiError: A model fails, or cannot be reached.
    """
    conditions = _conditions(search, answers)
    singles = [(condition,) for condition in conditions]

    async def found(dropped: tuple[Dropped, ...]) -> _Found:
        relaxed = await asyncio.gather(*(_without(catalogues, search, each, dropped, cache) for each in answers))
        kept_score = not any(each.kind == "score" for each in dropped)
        return _Found(dropped, relaxed, order(relaxed, search.page.min_score if kept_score else 0.0))

    attempts = [each for each in await asyncio.gather(*map(found, singles)) if each.places]
    if not attempts:
        attempts = await _fewest(conditions, found)
    if not attempts:
        return None
    best = max(attempts, key=lambda each: each.nearness)  # of equals, the first
    by_group = search.page.group
    places = representatives(best.answers, best.places, by_group)
    shown = results(best.answers, places[: search.page.k], 0, by_group)
    return Nearby.model_construct(dropped=list(best.dropped), total=len(places), results=shown)


async def _fewest(
    conditions: Sequence[Dropped], found: Callable[[tuple[Dropped, ...]], Awaitable[_Found]]
) -> list[_Found]:
    """Return the attempt that drops two or more conditions and no more than needed, or none if all are not enough."""
    for count in range(2, len(conditions) + 1):
        attempt = await found(tuple(conditions[:count]))
        if attempt.places:
            break
    else:
        return []
    for condition in reversed(attempt.dropped[:-1]):
        fewer = await found(tuple(each for each in attempt.dropped if each is not condition))
        attempt = fewer if fewer.places else attempt
    return [attempt]


def nearby_message(near: Nearby) -> str:
    """Return what was dropped, for the shopper."""
    names = [f"“{each.words}”" if each.words else _name(each.field or each.kind) for each in near.dropped]
    without = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Nothing has all that was asked for; what is near leaves out {without}."


def _name(condition: str) -> str:
    return NAMES.get(condition, f"the {condition}")


def _conditions(search: Search, answers: Sequence[Answer]) -> list[Dropped]:
    """Return the conditions of a search, the least telling first."""
    filters = search.query.filters
    conditions = [Dropped(kind="filter", field=field) for field in filters.active_fields()]
    if filters.in_stock:
        conditions.append(Dropped(kind="filter", field="in_stock"))
    if search.page.min_score > 0:
        conditions.append(Dropped(kind="score"))
    constraints = dict.fromkeys(each for answer in answers for each in answer.constraints)
    conditions += [Dropped(kind="words", field=_field(each), words=each.words) for each in constraints]
    return sorted(conditions, key=lambda each: _telling(each.field or each.kind))


def _telling(name: str) -> int:
    return TELLING.index(name) if name in TELLING else TELLING.index("text")


def _field(constraint: Constraint) -> str:
    return constraint.field if isinstance(constraint, Exclusion) else "price"


async def _without(
    catalogues: Mapping[str, Catalogue], search: Search, answer: Answer, dropped: Sequence[Dropped], cache: Cache
) -> Answer:
    """Rank again without conditions. What words say about prices holds beside the filters, as it did before."""
    words = {each.words for each in dropped if each.kind == "words"}
    constraints = tuple(each for each in answer.constraints if each.words not in words)
    filters = search.query.filters
    for each in dropped:
        if each.kind == "filter":
            filters = _cleared(filters, each.field or "")
    query = constrained(replace(answer.query, filters=filters, excluded=()), constraints)
    query = in_stock(query) if search.out_of_stock == "hide" else query
    catalogue = catalogues[answer.ranking.catalogue]
    again = replace(
        answer, query=query, constraints=constraints, ranking=await rank(catalogue, query, cache), effect=None
    )
    return await with_merchandising(catalogue, again, cache)


def _cleared(filters: Filters, field: str) -> Filters:
    if field == "in_stock":
        return filters.model_copy(update={"in_stock": False})
    return filters.without(field)
