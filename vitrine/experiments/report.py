"""The report of an A/B test, with figures and a verdict, from a directory of events."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats  # type: ignore[import-untyped]

from vitrine.errors import DataError
from vitrine.experiments.figures import Arm, Excluded, Figures, Interleaving, Metric, Report, SampleRatio
from vitrine.experiments.preference import preference
from vitrine.experiments.sample import Sample, read_sample
from vitrine.experiments.statistics import MISMATCH, Ratio, cohen_h, difference, holm, mismatch, ratio, users_needed
from vitrine.experiments.verdict import EFFECT, verdict


class Measure(NamedTuple):
    """A metric: the mean over searches of one of `Sample.measures`."""

    name: str
    measure: str
    share: bool


MEASURES: Final = (
    Measure("clicks per search", "clicks", False),
    Measure("purchases per search", "purchases", False),
    Measure("MRR of the first click", "reciprocal_rank", False),
    Measure("searches without results", "zero_results", True),
    Measure("junk queries", "junk", True),
)
"""The metrics of a report. The verdict on the power of the test is about the first one."""

LEAST_CONFIDENCE: Final = 0.999
"""Confidence of the lower bound of a p95 latency, which a trial looks at many times."""


def make_report(
    directory: Path,
    experiment: str | None = None,
    a: str | None = None,
    b: str | None = None,
    shares: Mapping[str, float] | None = None,
    since: float | None = None,
    until: float | None = None,
    max_searches: int | None = None,
) -> Report:
    """Compare two arms of an experiment.

    Args:
        directory: The directory of an event log.
        experiment: The experiment's name; optional if there is only one.
        a: The arm to compare with; optional, like `b`, if there are two.
        b: The arm that is compared.
        shares: The configured shares of all arms; by default equal.
        since: Excludes searches before this time, in seconds since 1970.
        until: Excludes searches from this time on.
        max_searches: Excludes users with more searches, who are most likely programs.

    Raises:
        DataError: There is nothing to report, or the experiment or the arms must be named.
    """
    sample = read_sample(directory, experiment, since, until)
    kept, excluded = _kept(sample, max_searches)
    if not kept.any():
        reasons = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in excluded if count)
        raise DataError(f"{directory}: experiment {sample.experiment!r} has no search that counts ({reasons})")
    direct = kept & ~sample.interleaved
    first, second = _pair(sample, direct, a, b)
    users = {name: _users(sample, kept & (sample.arm == code)) for code, name in enumerate(sample.arms)}
    users = {name: count for name, count in users.items() if count}
    assigned = {name: count for name, count in users.items() if name}  # "": both arms, interleaved for everybody
    configured = dict(shares) if shares else {name: 1 / len(assigned or users) for name in assigned or users}
    split = None
    if assigned and len({*assigned, *configured}) > 1:
        p_value = mismatch(assigned, configured)
        split = SampleRatio(p_value=p_value, trusted=p_value >= MISMATCH, assumed_equal=not shares)
    figures = Figures(
        experiment=sample.experiment,
        a=first,
        b=second,
        arms=[_arm(sample, kept, name, configured.get(name, 0.0)) for name in sorted({*users, *configured})],
        sample_ratio=split,
        metrics=_metrics(sample, direct, first, second) if first else [],
        interleaving=_interleaving(sample, kept & sample.interleaved, a, b),
        excluded=excluded,
    )
    return Report(**dict(figures), verdict=verdict(figures))


def _kept(sample: Sample, max_searches: int | None) -> tuple[npt.NDArray[np.bool_], Excluded]:
    known = sample.user >= 0
    searches = np.bincount(sample.user[known])
    user, _arm = np.divmod(np.unique(sample.user[known] * len(sample.arms) + sample.arm[known]), len(sample.arms))
    several = np.bincount(user) > 1
    over = searches > max_searches if max_searches else np.zeros(searches.size, bool)
    kept = known.copy()
    kept[known] = ~(several | over)[sample.user[known]]
    return kept, Excluded(
        users_in_several_arms=int(several.sum()),
        users_over_cap=int(over.sum()),
        searches_without_user=int((~known).sum()),
        repeated_searches=sample.repeated,
        feedback_on_products_not_shown=sample.strays,
        damaged_lines=sample.skipped_lines,
    )


def _pair(sample: Sample, direct: npt.NDArray[np.bool_], a: str | None, b: str | None) -> tuple[str, str]:
    """Return the arms to compare; two empty names if only interleaved lists can be compared."""
    names = [sample.arms[code] for code in np.unique(sample.arm[direct])]
    if a is None and b is None:
        if len(names) == 2:
            return names[0], names[1]
        if sample.interleaved.any():
            return "", ""
    elif a is not None and b is not None and a != b:
        if a in names and b in names:
            return a, b
        if {a, b} <= set(sample.team_clicks):
            return "", ""
    arms = f"the arms {', '.join(names)}" if names else "no arm"
    raise DataError(f"experiment {sample.experiment!r} has {arms}; say with --a and --b which two to compare")


def _users(sample: Sample, rows: npt.NDArray[np.bool_]) -> int:
    return int(np.unique(sample.user[rows]).size)


def _arm(sample: Sample, kept: npt.NDArray[np.bool_], name: str, share: float) -> Arm:
    rows = kept & (sample.arm == sample.arms.index(name)) if name in sample.arms else np.zeros(kept.size, bool)
    p50, p95 = _percentiles(sample.latency_ms[rows])
    uncached = rows & sample.uncached
    uncached_p50, uncached_p95 = _percentiles(sample.latency_ms[uncached])
    return Arm(
        name=name,
        share=share,
        users=_users(sample, rows),
        searches=int(rows.sum()),
        latency_p50_ms=p50,
        latency_p95_ms=p95,
        uncached=int(uncached.sum()),
        uncached_p50_ms=uncached_p50,
        uncached_p95_ms=uncached_p95,
        uncached_p95_least_ms=_least_p95(sample.latency_ms[uncached]),
    )


def _percentiles(latency: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return p50 and p95; NaN without any latency."""
    p50, p95 = np.percentile(latency, (50, 95)) if latency.size else (np.nan, np.nan)
    return float(p50), float(p95)


def _least_p95(latency: npt.NDArray[np.float64]) -> float:
    """Return the lower bound of the p95 of which `latency` is a sample; NaN where there are too few of them."""
    if not latency.size:
        return np.nan
    test = stats.quantile_test(latency, p=0.95, alternative="greater")
    return float(test.confidence_interval(LEAST_CONFIDENCE).low)


def _metrics(sample: Sample, direct: npt.NDArray[np.bool_], first: str, second: str) -> list[Metric]:
    rows = [direct & (sample.arm == sample.arms.index(name)) for name in (first, second)]
    metrics = [
        _metric(measure, _ratio(sample, rows[0], measure), _ratio(sample, rows[1], measure)) for measure in MEASURES
    ]
    corrected = holm([metric.p_value for metric in metrics])
    pairs = zip(metrics, corrected, strict=True)
    return [metric.model_copy(update={"p_corrected": p_value}) for metric, p_value in pairs]


def _ratio(sample: Sample, rows: npt.NDArray[np.bool_], measure: Measure) -> Ratio:
    _, users = np.unique(sample.user[rows], return_inverse=True)
    values = np.bincount(users, weights=sample.measures[measure.measure][rows]).astype(np.float64)
    return ratio(values, np.bincount(users).astype(np.float64))


def _metric(measure: Measure, a: Ratio, b: Ratio) -> Metric:
    result = difference(a, b)
    return Metric(
        name=measure.name,
        a=a.value,
        b=b.value,
        difference=result.absolute,
        low=result.low,
        high=result.high,
        relative=result.relative,
        relative_low=result.relative_low,
        relative_high=result.relative_high,
        p_value=result.p_value,
        p_corrected=result.p_value,
        effect=cohen_h(a.value, b.value) if measure.share else result.cohen_d,
        effect_size="h" if measure.share else "d",
        detectable=result.detectable,
        detectable_relative=result.detectable / a.value if a.value else float("nan"),
        users_needed=users_needed(a, b, EFFECT * a.value),
    )


def _interleaving(sample: Sample, rows: npt.NDArray[np.bool_], a: str | None, b: str | None) -> Interleaving | None:
    if not rows.any():
        return None
    teams = sample.team_clicks
    if a is None or b is None:
        if len(teams) != 2:
            raise DataError(f"lists are interleaved from {', '.join(teams)}; say with --a and --b which two to compare")
        a, b = teams
    if not {a, b} <= set(teams):
        return None
    result = preference(teams[a][rows], teams[b][rows], sample.user[rows])
    return Interleaving(
        a=a,
        b=b,
        lists=int(rows.sum()),
        wins_a=result.wins_first,
        wins_b=result.wins_second,
        ties=result.ties,
        delta=result.delta,
        low=result.low,
        high=result.high,
        users_a=result.users_first,
        users_b=result.users_second,
        p_value=result.p_value,
    )
