"""Parity of groups: figures of each, their largest difference and ratio, and the groups beyond a tolerance.

Values, differences and ratios are those of Fairlearn's `MetricFrame` (Bird et al. 2020). Its bootstrap resamples rows;
here products are resampled with the rows of all groups, which are paired. The largest difference is positive by chance
alone, so no group is flagged by it: a group is flagged if the whole 95% interval of its paired difference from the
other groups, for the same products, is beyond the tolerance.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.metrics.bootstrap import Estimate, estimate
from vitrine.metrics.resampling import resampled

GROUP: Final = "group"
PRODUCT: Final = "product"


@dataclass(frozen=True)
class Parity:
    """A figure by group: the largest difference between two groups, and the smallest ratio of two groups."""

    by_group: dict[str, float]
    difference: Estimate
    ratio: Estimate


@dataclass(frozen=True)
class Deviation:
    """The paired difference of a group from the mean of the others, for the same products.

    `relative` is the difference as a share of the others' mean. `flagged` says that it is beyond the tolerance.
    """

    difference: Estimate
    relative: float
    products: int
    flagged: bool


def parity(rows: pd.DataFrame, figures: list[str], seed: int = 0) -> dict[str, Parity]:
    """Compare groups by each of `figures`.

    Args:
        rows: One row per group and product, with the columns `group` and `figures`; NaN where a figure has no value.
        figures: Names of the columns to compare.
        seed: Seed of the bootstrap.
    """
    from fairlearn.metrics import MetricFrame  # type: ignore[import-untyped]

    measured = [figure for figure in figures if rows.groupby(GROUP)[figure].count().gt(0).all()]
    if not measured:
        return {}
    frame = MetricFrame(
        metrics=dict.fromkeys(measured, _mean),
        y_true=np.zeros(len(rows)),
        y_pred=np.zeros(len(rows)),
        sensitive_features=rows[GROUP],
        sample_params={figure: {"values": rows[figure].to_numpy(float)} for figure in measured},
    )
    differences, ratios = frame.difference(), frame.ratio()
    found = {}
    for figure in measured:
        difference, ratio = resampled(_units(rows, figure), _extremes, seed=seed)
        found[figure] = Parity(
            {str(name): float(value) for name, value in frame.by_group[figure].items()},
            replace(difference, value=float(differences[figure])),
            replace(ratio, value=float(ratios[figure])),
        )
    return found


def _units(rows: pd.DataFrame, figure: str) -> npt.NDArray[np.float64]:
    """Return each product's value and presence for each of G groups, float64 [P, 2 G]."""
    table = rows.pivot(index=PRODUCT, columns=GROUP, values=figure).to_numpy(float)
    return np.concatenate([np.nan_to_num(table), np.isfinite(table)], axis=1)


def _extremes(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the largest difference and the smallest ratio of the groups' means, float64 [R, 2]."""
    groups = sums.shape[1] // 2
    with np.errstate(divide="ignore", invalid="ignore"):
        means = sums[:, :groups] / sums[:, groups:]
        low, high = means.min(axis=1), means.max(axis=1)
        return np.stack([high - low, np.where(high > 0, low / high, np.nan)], axis=1)


def deviations(rows: pd.DataFrame, figure: str, tolerance: float, is_relative: bool = False) -> dict[str, Deviation]:
    """Compare each group with the mean of the others, product by product.

    Args:
        rows: One row per group and product, with the columns `group`, `product` and `figure`.
        figure: The column to compare.
        tolerance: Largest difference that is not flagged; a share of the others' mean if `is_relative`.
        is_relative: Whether the tolerance is a share.
    """
    table = rows.pivot(index=PRODUCT, columns=GROUP, values=figure).dropna()
    found: dict[str, Deviation] = {}
    for name in table.columns:
        others = table.drop(columns=name).mean(axis=1).to_numpy(float)
        if not others.size or table.shape[1] == 1:
            continue
        difference = estimate(table[name].to_numpy(float) - others)
        mean = float(others.mean())
        allowed = tolerance * abs(mean) if is_relative else tolerance
        found[str(name)] = Deviation(
            difference,
            difference.value / mean if mean else float("nan"),
            len(table),
            difference.low > allowed or difference.high < -allowed,
        )
    return found


def mean_rows(values: pd.DataFrame, figures: list[str]) -> pd.DataFrame:
    """Return one row per group and product, the means of `figures` over the templates.

    `values` has one row per query, with the columns `group`, `product` and the figures.
    """
    return values.groupby([GROUP, PRODUCT], sort=False)[figures].mean().reset_index()


def _mean(_true: object, _predicted: object, values: npt.NDArray[np.float64]) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
