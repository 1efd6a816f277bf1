"""Confidence intervals and paired comparisons by resampling queries.

The query is the unit that is resampled, never the judged pair: judgements of one query are not independent
(Sakai 2006, "Evaluating evaluation metrics based on the bootstrap").
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
"""Resamples with which a 95% interval varies in the third decimal only."""

_BLOCK = 8_000_000
"""Counts held in memory at once (64 MB)."""


@dataclass(frozen=True)
class Estimate:
    """A mean over queries with its 95% bootstrap interval."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Return `{value, low, high}`, as in the report."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True)
class Comparison:
    """The mean paired difference first − second with its interval, and the two-sided p-value of no difference."""

    difference: Estimate
    p_value: float


def estimate(values: npt.NDArray[np.float64], resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Return the mean of one value per query, float64 [Q], with its percentile bootstrap interval (2.5% to 97.5%).

    Without any query all three are NaN.
    """
    if values.size == 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    low, high = np.percentile(_resampled_means(values, resamples, seed), (2.5, 97.5))
    return Estimate(float(values.mean()), float(low), float(high))


def compare(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], resamples: int = 10_000, seed: int = 0
) -> Comparison:
    """Compare two systems on the same queries, in the same order: float64 [Q] each.

    The p-value is that of Fisher's randomisation test, which flips the sign of each query's difference (Smucker,
    Allan and Carterette 2007), counted with the observed assignment so that it is never 0.
    """
    if first.shape != second.shape:
        raise ValueError(f"paired values need equal shapes, got {first.shape} and {second.shape}")
    difference = first - second
    if difference.size == 0:
        return Comparison(estimate(difference), 1.0)
    rng = np.random.default_rng(seed)
    observed = abs(difference.mean())
    extreme = 0
    for rows in _blocks(resamples, difference.size):
        signs = rng.integers(0, 2, size=(rows, difference.size), dtype=np.int8) * 2 - 1
        # A hair's tolerance: sums in another order must still count as equal.
        extreme += int((np.abs(signs @ difference) / difference.size >= observed - 1e-12).sum())
    return Comparison(estimate(difference, seed=seed), (extreme + 1) / (resamples + 1))


def _resampled_means(values: npt.NDArray[np.float64], resamples: int, seed: int) -> npt.NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    count = values.size
    blocks = [
        values[rng.integers(0, count, size=(rows, count), dtype=np.int32)].mean(axis=1)
        for rows in _blocks(resamples, count)
    ]
    return np.concatenate(blocks)


def _blocks(resamples: int, count: int) -> list[int]:
    rows = max(1, _BLOCK // max(count, 1))
    return [min(rows, resamples - start) for start in range(0, resamples, rows)]
