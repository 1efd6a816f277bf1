"""Choices of single weights, by a metric of queries and by logistic regression, and log-odds."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.search.build.judged_pairs import Values
from vitrine.search.model.odds import LOWEST_GAIN
from vitrine.search.settings import Fusion

GRID: Final = np.linspace(0, 1, 21)
LOWEST_SLOPE: Final = 0.05
"""Lower bound of the slope, so that similarity always counts."""


def choose_weight(ndcg: Callable[[float], Values], grid: Values = GRID) -> float:
    """Choose the median of the weights of `grid` that are within one standard error of the best.

    `ndcg` gives one value per query for a weight. The error is that of the paired difference to the best weight:
    a few dozen queries choose a moderate weight, thousands a precise one.
    """
    values = np.stack([ndcg(float(weight)) for weight in grid])
    behind = values[values.mean(axis=1).argmax()] - values
    error = behind.std(axis=1) / np.sqrt(behind.shape[1])
    as_good = grid[behind.mean(axis=1) <= error + 1e-9]
    return float(as_good[len(as_good) // 2])


def scale(fusion: Fusion, similarity: Values, exact: npt.NDArray[np.bool_]) -> Fusion:
    """Fit slope and intercept by logistic regression of `exact` [P] on `similarity` [P]."""
    if exact.all() or not exact.any():
        return fusion
    slope, intercept = fit_line(similarity, exact)
    return fusion.model_copy(update={"slope": slope, "intercept": intercept})


def fit_line(score: Values, exact: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and intercept of the log-odds of being exact, by logistic regression on a score [P] of unit size."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    line = LogisticRegression().fit(score[:, None], exact)
    return max(float(line.coef_[0, 0]), LOWEST_SLOPE), float(line.intercept_[0])


def gain_log_odds(gain: npt.NDArray[np.floating]) -> Values:
    """Return the log-odds of scores or expected gains of any shape, bounded as in the search model."""
    bounded = np.clip(np.asarray(gain, np.float64), LOWEST_GAIN, 1 - LOWEST_GAIN)
    odds: Values = np.log(bounded / (1 - bounded))
    return odds
