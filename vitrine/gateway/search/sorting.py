"""Orders other than by relevance, over the results that are relevant."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from vitrine.data.columns import POPULARITY
from vitrine.gateway.catalogue.attribute_columns import SortKey
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.schemas.searches import Sort
from vitrine.gateway.search.answering import Answer, Place
from vitrine.gateway.search.attributes import NEWEST

RELEVANT: Final = 0.5
"""The least score of a relevant result, as a share of the best score."""


def sorted_places(answers: Sequence[Answer], places: Sequence[Place], sort: Sort) -> list[Place]:
    """Sort the relevant ones of some results; equal ones stay as they are, and unknown values come last.

    Relevant are those with at least half of the best score, and those that a rule pins. Products that are demoted, as
    they are out of stock, come last.
    """
    relevant = _relevant(answers, places)
    values: list[SortKey | None] = [None] * len(relevant)
    for number, answer in enumerate(answers):
        indices = [index for index, place in enumerate(relevant) if place.answer == number]
        products, ids = answer.ranking.version.products, answer.ranking.product_ids
        name, _ = _key(products, sort)
        rows = products.rows(ids[relevant[index].position] for index in indices)
        for index, value in zip(indices, products.sort_values(rows, name), strict=True):
            values[index] = value
    known = [index for index, value in enumerate(values) if value is not None]
    unknown = [index for index, value in enumerate(values) if value is None]
    falls = _key(answers[0].ranking.version.products, sort)[1]
    # Catalogues may declare an attribute differently: texts come after numbers.
    known.sort(key=lambda index: (isinstance(values[index], str), values[index]), reverse=falls)
    in_order = [relevant[index] for index in (*known, *unknown)]
    return sorted(in_order, key=lambda place: _is_demoted(answers[place.answer], place))


def _key(products: ProductTable, sort: Sort) -> tuple[str, bool]:
    """Return the name of what is sorted by, and whether the highest comes first."""
    if sort == NEWEST:
        return products.newest or "", True
    if sort == POPULARITY:
        return POPULARITY, True
    name, _, order = sort.replace("_", ":", 1).partition(":") if sort.startswith("price_") else sort.partition(":")
    return name, order == "desc"


def _relevant(answers: Sequence[Answer], places: Sequence[Place]) -> list[Place]:
    scores = np.array([answers[place.answer].ranking.score[place.position] for place in places])
    least = scores.max(initial=0) * RELEVANT
    return [
        place
        for place, score in zip(places, scores.tolist(), strict=True)
        if score >= least or _is_pinned(answers[place.answer], place)
    ]


def _is_pinned(answer: Answer, place: Place) -> bool:
    return answer.effect is not None and answer.effect.placements.get(place.position) == "pinned"


def _is_demoted(answer: Answer, place: Place) -> bool:
    return answer.effect is not None and bool(answer.effect.is_demoted[place.position])
