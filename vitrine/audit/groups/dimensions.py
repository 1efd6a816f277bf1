"""The figures of a dimension's groups, by what they were shown for the same products."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from vitrine.audit.groups.asked import Asked
from vitrine.audit.groups.lists import FIGURES, list_figures
from vitrine.audit.groups.parity import GROUP, PRODUCT, Deviation, Parity, deviations, mean_rows, parity
from vitrine.audit.groups.vocabulary import DIMENSIONS

RELATIVE: Final = ("results", "price", "brands")
"""Figures whose tolerance is a share of the other groups' mean; that of the others is absolute."""
_ASKED: Final = ("budget", "price")
"""Prices are what queries of this dimension ask for, so that they are measured and never flagged."""


@dataclass(frozen=True)
class Dimension:
    """The figures of one dimension's groups, and each group's deviation from the others, by figure."""

    name: str
    products: int
    parity: Mapping[str, Parity]
    deviations: Mapping[str, Mapping[str, Deviation]]

    @property
    def flagged(self) -> list[tuple[str, str, Deviation]]:
        """The figure, the group and the deviation of everything beyond the tolerance."""
        return [
            (figure, group, deviation)
            for figure, by_group in self.deviations.items()
            for group, deviation in by_group.items()
            if deviation.flagged
        ]


def measure_dimensions(asked: Asked, tolerance: float, seed: int) -> list[Dimension]:
    """Measure what every group is shown, and compare the groups of each dimension."""
    measured = pd.DataFrame(
        [
            {
                "dimension": query.group.dimension,
                GROUP: query.group.name,
                PRODUCT: query.product,
                **list_figures(
                    asked.shown[row],
                    asked.labels(row),
                    asked.answers[row].refused,
                    query.product if asked.categorised else "",
                ),
            }
            for row, query in enumerate(asked.queries)
        ]
    )
    return [_dimension(name, measured[measured["dimension"] == name], tolerance, seed) for name in DIMENSIONS]


def _dimension(name: str, measured: pd.DataFrame, tolerance: float, seed: int) -> Dimension:
    rows = mean_rows(measured, list(FIGURES))
    found = {}
    for figure in FIGURES:
        allowed = float("inf") if (name, figure) == _ASKED else tolerance
        found[figure] = deviations(rows, figure, allowed, figure in RELATIVE)
    return Dimension(name, rows[PRODUCT].nunique(), parity(rows, list(FIGURES), seed), found)
