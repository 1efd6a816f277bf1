"""Percentile bootstrap of figures that are no means, such as shares, macro-F1 and calibration errors.

A figure is computed from sums over units, which are resampled together: the judgements of one query are not independent
(see `vitrine.metrics.bootstrap`).
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.metrics.bootstrap import Estimate

RESAMPLES: Final = 1000
"""Resamples of a figure; an interval then varies by a twentieth of its width."""

_BLOCK: Final = 5_000_000
"""Weights held in memory at once (20 MB)."""

Statistic = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Returns the figures, float64 [R, F], of the sums of R resamples, float64 [R, S]."""


def resampled(
    units: npt.NDArray[np.float64], statistic: Statistic, resamples: int = RESAMPLES, seed: int = 0
) -> list[Estimate]:
    """Return F figures with their 95% intervals.

    Args:
        units: The summands of each unit, such as a query, float64 [U, S].
        statistic: Computes the figures from the sums of the units.
        resamples: Number of resamples with replacement.
        seed: Seed of the resampling.

    Resamples of extremes and of calibration errors are larger than the figure itself, by as much as that is larger than
    the truth; each interval is shifted by this bias (Efron and Tibshirani 1993, section 10.2). Without units,
    everything is NaN; a resample in which a figure is undefined (NaN) is left out of its interval.
    """
    values = statistic(units.sum(axis=0, keepdims=True))[0]
    count = len(units)
    if count == 0:
        return [Estimate(float("nan"), float("nan"), float("nan")) for _ in values]
    rng = np.random.default_rng(seed)
    step = max(1, _BLOCK // count)
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    probabilities = np.full(count, 1 / count)
    found = np.concatenate(
        [statistic(rng.multinomial(count, probabilities, size).astype(np.float32) @ units) for size in sizes]
    )
    return [Estimate(float(value), *_interval(value, drawn)) for value, drawn in zip(values, found.T, strict=True)]


def _interval(value: float, drawn: npt.NDArray[np.float64]) -> tuple[float, float]:
    defined = drawn[~np.isnan(drawn)]
    if not defined.size or np.isnan(value):
        return float("nan"), float("nan")
    low, high = np.percentile(defined, [2.5, 97.5]) - (defined.mean() - value)
    return float(low), float(high)
