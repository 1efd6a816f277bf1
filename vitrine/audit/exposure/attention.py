"""Attention by position, and its share by group of products.

A product at rank r of a list receives 1 / log2(r + 1), the discount of nDCG, as a share of its list's attention; a
query's relevant products deserve attention by their gain (Singh and Joachims 2018, "Fairness of exposure in rankings";
Biega, Gummadi and Weikum 2018, "Equity of attention"). Each query counts the same, or as often as it was asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.metrics.bootstrap import Estimate
from vitrine.metrics.resampling import resampled

LEAST_DESERVED: Final = 0.01
"""Share of a group whose ratio is measured."""


@dataclass(frozen=True)
class Shares:
    """Shares of groups, each summing to 1: of the attention, and of what relevant products deserve.

    `gap` is attention minus deserved, `ratio` attention over deserved; NaN for a group that deserves less than
    `LEAST_DESERVED`, whose ratio says nothing.
    """

    group: str
    attention: Estimate
    deserved: Estimate
    gap: Estimate
    ratio: Estimate
    products: int


def discounts(length: int) -> npt.NDArray[np.float64]:
    """Return the attention of each position of a list, float64 [length], which sums to 1."""
    weights = 1 / np.log2(np.arange(2, length + 2))
    return weights / weights.sum() if length else weights


def attention(
    lists: Sequence[Sequence[str]], group_of: Mapping[str, int], groups: int, weights: npt.ArrayLike = 1.0
) -> npt.NDArray[np.float64]:
    """Return the attention that each list gives to each group, float64 [Q, groups].

    Args:
        lists: Product ids of each query, best first.
        group_of: The group of each product, from 0; products without one are left out.
        groups: The number of groups.
        weights: How often each query was asked, [Q].
    """
    found = np.zeros((len(lists), groups))
    for row, products in enumerate(lists):
        for product, weight in zip(products, discounts(len(products)), strict=True):
            if product in group_of:
                found[row, group_of[product]] += weight
    return _weighted(found, weights)


def deserved(
    gains: Sequence[Mapping[str, float]], group_of: Mapping[str, int], groups: int, weights: npt.ArrayLike = 1.0
) -> npt.NDArray[np.float64]:
    """Return the share of the gain that each query's judged products of each group have, float64 [Q, groups].

    `gains` has the gain of each judged product of each query; the other arguments are those of `attention`.
    """
    found = np.zeros((len(gains), groups))
    for row, judged in enumerate(gains):
        total = sum(judged.values())
        for product, gain in judged.items():
            if total and product in group_of:
                found[row, group_of[product]] += gain / total
    return _weighted(found, weights)


def compare_shares(
    given: npt.NDArray[np.float64], owed: npt.NDArray[np.float64], names: Sequence[str], sizes: Sequence[int]
) -> list[Shares]:
    """Compare attention `given` with that `owed`, float64 [Q, G] each, with intervals over queries.

    `names` and `sizes` are the groups' names and numbers of products.
    """
    count = len(names)

    def shares(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        attention, owed = _normalised(sums[:, :count]), _normalised(sums[:, count:])
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(owed >= LEAST_DESERVED, attention / owed, np.nan)
        return np.concatenate([attention, owed, attention - owed, ratio], axis=1)

    found = resampled(np.concatenate([given, owed], axis=1), shares)
    parts = [found[start : start + count] for start in range(0, 4 * count, count)]
    return [
        Shares(name, given_share, owed_share, gap, ratio, size)
        for name, given_share, owed_share, gap, ratio, size in zip(names, *parts, sizes, strict=True)
    ]


def gini(units: npt.NDArray[np.float64]) -> Estimate:
    """Return the Gini coefficient of the attention of G groups, float64 [Q, G], with its interval over queries.

    0: all groups receive the same; (G − 1) / G: one receives everything.
    """
    (found,) = resampled(units, lambda sums: gini_of(sums)[:, None])
    return found


def gini_of(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the Gini coefficient of each row of non-negative sums, float64 [R, G] → [R]; NaN for a row of zeros."""
    count = sums.shape[1]
    ordered = np.sort(sums, axis=1)
    totals = ordered.sum(axis=1)
    ranks = 2 * np.arange(1, count + 1) - count - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(totals > 0, ordered @ ranks / (count * totals), np.nan)


def _weighted(found: npt.NDArray[np.float64], weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
    weighted: npt.NDArray[np.float64] = found * np.broadcast_to(np.asarray(weights, float), len(found))[:, None]
    return weighted


def _normalised(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    totals = sums.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(totals > 0, sums / totals, np.nan)
