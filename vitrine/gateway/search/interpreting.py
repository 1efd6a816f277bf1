"""Constraints that a query's words express, as filters of its ranking."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.search.query import RankingQuery
from vitrine.gateway.search.ranking import Ranking
from vitrine.interpretation.catalogue_words import excluded_by_description
from vitrine.interpretation.constraint import Constraint, Exclusion, PriceBound, PriceLevel
from vitrine.labels import CLASS_IDS

LEVEL_SHARE: Final = 1 / 4
"""The share of the products that a query finds that are cheap, and that are expensive."""
REFERENCES: Final = 20
"""Number of the best results that a level is relative to, if none or too few are exact."""
FEWEST: Final = 3
"""Minimum number of prices that a level is relative to."""


def interpreted(version: CatalogueVersion, query: RankingQuery) -> tuple[RankingQuery, tuple[Constraint, ...]]:
    """Return the query without the words that express constraints, and with their filters, and the constraints."""
    if version.interpreter is None or not query.text:
        return query, ()
    interpretation = version.interpreter.interpret(query.text, version.products.has_prices)
    query = replace(query, text=interpretation.text)
    return constrained(query, interpretation.constraints), interpretation.constraints


def constrained(query: RankingQuery, constraints: Sequence[Constraint]) -> RankingQuery:
    """Return the query with the filters of price bounds and exclusions; levels change nothing."""
    filters = query.filters
    for constraint in constraints:
        if isinstance(constraint, PriceBound):
            filters = _within(filters, constraint)
    excluded = tuple(constraint for constraint in constraints if isinstance(constraint, Exclusion))
    return replace(query, filters=filters, excluded=(*query.excluded, *excluded))


def _within(filters: Filters, bound: PriceBound) -> Filters:
    lows = [low for low in (filters.price_min, bound.minimum) if low is not None]
    highs = [high for high in (filters.price_max, bound.maximum) if high is not None]
    return filters.model_copy(update={"price_min": max(lows, default=None), "price_max": min(highs, default=None)})


def level_bounds(constraints: Sequence[Constraint], ranking: Ranking) -> tuple[Constraint, ...]:
    """Return the constraints with bounds instead of levels, which are relative to what `ranking` has found.

    "Cheap" is the lowest quarter of the prices of the exact results, or of the best results if few are exact. Where too
    few have a price, the level is left out.
    """
    exact = np.flatnonzero(ranking.esci.argmax(axis=1) == CLASS_IDS["E"])
    places = exact if len(exact) >= FEWEST else np.arange(min(REFERENCES, len(ranking.product_ids)))
    products = ranking.version.products
    prices = products.prices(products.rows(ranking.product_ids[place] for place in places.tolist()))
    bounds: list[Constraint] = []
    for constraint in constraints:
        if not isinstance(constraint, PriceLevel):
            bounds.append(constraint)
        elif len(prices) >= FEWEST and constraint.level == "low":
            highest = float(np.quantile(prices, LEVEL_SHARE, method="higher"))
            bounds.append(PriceBound(constraint.words, maximum=round(highest, 2)))
        elif len(prices) >= FEWEST:
            lowest = float(np.quantile(prices, 1 - LEVEL_SHARE, method="lower"))
            bounds.append(PriceBound(constraint.words, minimum=round(lowest, 2)))
    return tuple(bounds)


def has_excluded_text(ranking: Ranking, excluded: tuple[Exclusion, ...]) -> npt.NDArray[np.bool_]:
    """Return which results, bool [C], have excluded words in their description, which no filter reads."""
    if not any(exclusion.field == "text" for exclusion in excluded):
        return np.zeros(len(ranking.product_ids), bool)
    products = ranking.version.products
    rows = products.at(products.rows(ranking.product_ids))
    return excluded_by_description([row["description"] for row in rows], excluded)
