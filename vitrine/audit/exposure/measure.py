"""Attention of a catalogue's groups at each stage, beside what relevant products deserve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vitrine.audit.exposure.attention import Shares, attention, compare_shares, deserved, gini
from vitrine.audit.exposure.product_groups import BRAND, Grouping
from vitrine.metrics.bootstrap import Estimate

Gains = Mapping[str, float]


@dataclass(frozen=True)
class Exposure:
    """One grouping of the products: the shares of its groups by stage, and the Gini coefficient of brands by stage.

    `deserved_gini` is that of the attention which relevant products deserve.
    """

    grouping: Grouping
    shares: Mapping[str, list[Shares]]
    gini: Mapping[str, Estimate]
    deserved_gini: Estimate | None


def measure_exposure(
    grouping: Grouping, lists: Mapping[str, Sequence[Sequence[str]]], gains: Sequence[Gains], weights: Sequence[float]
) -> Exposure:
    """Compare attention with what is deserved, for the queries that have a relevant product.

    Args:
        grouping: The groups of the products.
        lists: Product ids of each query, best first, by stage.
        gains: The gain of each judged product of each query.
        weights: How often each query was asked.
    """
    kept = [row for row, judged in enumerate(gains) if sum(judged.values()) > 0]
    counts = np.asarray(weights, float)[kept]
    groups, sizes = len(grouping.groups), grouping.sizes
    owed = deserved([gains[row] for row in kept], grouping.group_of, groups, counts)
    given = {
        stage: attention([ranked[row] for row in kept], grouping.group_of, groups, counts)
        for stage, ranked in lists.items()
    }
    is_brand = grouping.name == BRAND
    return Exposure(
        grouping,
        {stage: compare_shares(sums, owed, grouping.groups, sizes) for stage, sums in given.items()},
        {stage: gini(sums) for stage, sums in given.items()} if is_brand else {},
        gini(owed) if is_brand else None,
    )
