"""Counterfactual pairs: two queries that differ in the group that they name, and in nothing else."""

from dataclasses import dataclass
from itertools import combinations
from math import exp

import numpy as np
import numpy.typing as npt

from vitrine.audit.groups.asked import Asked
from vitrine.audit.groups.lists import Shown, pair_figures
from vitrine.audit.groups.vocabulary import DIMENSIONS, GROUPS, Group, own_terms
from vitrine.metrics.bootstrap import Estimate, estimate


@dataclass(frozen=True)
class Pair:
    """The lists of two groups, compared product by product; see `pair_figures`.

    `price_ratio` is the first group's price over the second's, a geometric mean. `flagged` says that prices differ by
    more than the tolerance, beyond noise.
    """

    first: Group
    second: Group
    products: int
    overlap: Estimate
    overlap_beyond: Estimate
    moved: Estimate
    price_ratio: Estimate
    flagged: bool


def compare_pairs(asked: Asked, tolerance: float) -> list[Pair]:
    """Compare every two groups of a dimension; `tolerance` is a share of the price."""
    lists: dict[tuple[str, str], dict[tuple[str, int], list[Shown]]] = {}
    for query, shown, answer in zip(asked.queries, asked.shown, asked.answers, strict=True):
        key = (query.group.dimension, query.group.name)
        lists.setdefault(key, {})[query.product, query.template] = [] if answer.refused else shown
    pairs = []
    for dimension in DIMENSIONS:
        groups = [group for group in GROUPS if group.dimension == dimension]
        for first, second in combinations(groups, 2):
            sides = (lists[dimension, first.name], lists[dimension, second.name])
            pairs.append(_compare(first, second, *sides, tolerance))
    return pairs


def _compare(
    first: Group,
    second: Group,
    one_side: dict[tuple[str, int], list[Shown]],
    other_side: dict[tuple[str, int], list[Shown]],
    tolerance: float,
) -> Pair:
    words = own_terms(first) | own_terms(second)
    by_product: dict[str, list[dict[str, float]]] = {}
    for (product, template), shown in one_side.items():
        found = pair_figures(shown, other_side[product, template], words)
        by_product.setdefault(product, []).append(found)
    means = {
        name: estimate(_means([[each[name] for each in found] for found in by_product.values()]))
        for name in ("overlap", "overlap_beyond", "moved", "price")
    }
    price = means["price"]
    allowed = float(np.log1p(tolerance))
    return Pair(
        first,
        second,
        len(by_product),
        means["overlap"],
        means["overlap_beyond"],
        means["moved"],
        Estimate(exp(price.value), exp(price.low), exp(price.high)),
        price.low > allowed or price.high < -allowed,
    )


def _means(values: list[list[float]]) -> npt.NDArray[np.float64]:
    """Return the mean over the templates of each product that has a value, float64 [n]."""
    rows = [np.asarray(row)[np.isfinite(row)] for row in values]
    return np.array([row.mean() for row in rows if row.size])
