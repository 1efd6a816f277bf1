"""Differences between two arms of an experiment in which users were assigned to arms and searches were counted.

A user's searches are not independent, so the unit of analysis is the user: a metric is a ratio of two sums over users
(clicks to searches, for example), and its variance is estimated by the delta method (Deng, Knoblich and Lu 2018,
"Applying the Delta Method in Metric Analytics"). SciPy has the distributions, but no test of such ratios.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float64]

CONFIDENCE: Final = 0.95
POWER: Final = 0.8
MISMATCH: Final = 0.001
"""A sample ratio less probable than this is a fault of the experiment (Fabijan et al. 2019, "Diagnosing Sample Ratio
Mismatch in Online Controlled Experiments")."""


@dataclass(frozen=True)
class Ratio:
    """A ratio of sums over users.

    Attributes:
        value: The ratio; NaN if the denominator is 0.
        variance: The variance of `value`; NaN for fewer than two users.
        spread: The standard deviation of the users' linearised values, of which `value` is the mean.
        users: The number of users.
    """

    value: float
    variance: float
    spread: float
    users: int


@dataclass(frozen=True)
class Difference:
    """The difference of the second arm from the first. Values that cannot be computed are NaN.

    Attributes:
        absolute: The difference.
        low: The lower end of the 95% interval of `absolute`.
        high: The upper end of the 95% interval of `absolute`.
        relative: The difference as a share of the first arm's value.
        relative_low: The lower end of the 95% interval of `relative`; NaN if the first arm's interval contains 0.
        relative_high: The upper end of the 95% interval of `relative`.
        p_value: The two-sided p-value.
        cohen_d: The difference in standard deviations of a user.
        detectable: The smallest absolute difference that such a sample detects with a power of 80%.
    """

    absolute: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float
    p_value: float
    cohen_d: float
    detectable: float


def ratio(numerators: Floats, denominators: Floats) -> Ratio:
    """Return the ratio of two sums, float64 [U] each with one value per user, by the delta method.

    The users' linearised values are `R + (x − R·y) / mean(y)`: their mean is R, and their variance over U estimates
    that of R (Deng et al. 2018, section 3.2). With denominators of 1 this is the mean and its ordinary variance.
    """
    users = numerators.size
    total = float(denominators.sum())
    if total == 0:
        return Ratio(float("nan"), float("nan"), float("nan"), users)
    value = float(numerators.sum()) / total
    if users < 2:
        return Ratio(value, float("nan"), float("nan"), users)
    variance = float(np.var((numerators - value * denominators) / (total / users), ddof=1))
    return Ratio(value, variance / users, variance**0.5, users)


def difference(first: Ratio, second: Ratio) -> Difference:
    """Compare two independent ratios by Welch's t-test.

    The relative interval is Fieller's (1954, "Some Problems in Interval Estimation"): it contains the lifts θ for which
    `second − (1 + θ)·first` is not significant, so it excludes 0 exactly when the absolute interval does. Cohen's d
    divides by the root of the mean variance. The detectable difference is (z₀.₉₇₅ + z₀.₈) standard errors. If the
    variance is 0, nothing is tested.
    """
    absolute = second.value - first.value
    variance = first.variance + second.variance
    error = variance**0.5
    if not error > 0:  # NaN, too
        nothing = float("nan")
        relative = absolute / first.value if first.value else nothing
        return Difference(absolute, nothing, nothing, relative, nothing, nothing, nothing, nothing, nothing)
    # Satterthwaite's degrees of freedom, as in Welch's test.
    freedom = variance**2 / (first.variance**2 / (first.users - 1) + second.variance**2 / (second.users - 1))
    t = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))
    relative_low, relative_high = _fieller(first, second, t)
    return Difference(
        absolute=absolute,
        low=absolute - t * error,
        high=absolute + t * error,
        relative=absolute / first.value if first.value else float("nan"),
        relative_low=relative_low,
        relative_high=relative_high,
        p_value=float(2 * stats.t.sf(abs(absolute) / error, freedom)),
        cohen_d=absolute / ((first.spread**2 + second.spread**2) / 2) ** 0.5,
        detectable=_noticed() * error,
    )


def users_needed(first: Ratio, second: Ratio, effect: float) -> int | None:
    """Return the users per arm that detect a true difference of `effect` (absolute) with a power of 80%.

    The number is `(z₀.₉₇₅ + z₀.₈)² (s₁² + s₂²) / effect²` with the spreads of this sample; None if it cannot be
    computed.
    """
    needed = (_noticed() / effect) ** 2 * (first.spread**2 + second.spread**2) if effect else float("nan")
    return int(np.ceil(needed)) if needed > 0 else None


def cohen_h(first: float, second: float) -> float:
    """Return the effect size of two shares: `2 asin √second − 2 asin √first` (Cohen 1988)."""
    return float(2 * np.arcsin(second**0.5) - 2 * np.arcsin(first**0.5))


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for testing several hypotheses (Holm 1979). NaN stays NaN and does not count as a test."""
    values = np.asarray(p_values, np.float64)
    corrected = np.full(values.size, np.nan)
    order = [index for index in np.argsort(values) if not np.isnan(values[index])]
    stepped = values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(value) for value in corrected]


def mismatch(users: Mapping[str, int], shares: Mapping[str, float]) -> float:
    """Return the p-value of the numbers of users per arm, given the arms' shares, by Pearson's χ² test.

    An arm that is in only one of the two mappings has 0 in the other; users in an arm without a share give 0.
    """
    arms = [arm for arm in shares if shares[arm] > 0]
    if any(count for arm, count in users.items() if arm not in arms):
        return 0.0
    found = np.array([users.get(arm, 0) for arm in arms], np.float64)
    if len(arms) < 2 or not found.sum():
        return 1.0
    wanted = np.array([shares[arm] for arm in arms])
    return float(stats.chisquare(found, found.sum() * wanted / wanted.sum()).pvalue)


def _fieller(first: Ratio, second: Ratio, t: float) -> tuple[float, float]:
    square = first.value**2 - t**2 * first.variance
    if square <= 0:  # the first arm's own interval holds 0: any lift would do
        return float("nan"), float("nan")
    middle = first.value * second.value
    root = max(middle**2 - square * (second.value**2 - t**2 * second.variance), 0.0) ** 0.5
    return (middle - root) / square - 1, (middle + root) / square - 1


def _noticed() -> float:
    return float(stats.norm.ppf((1 + CONFIDENCE) / 2) + stats.norm.ppf(POWER))
