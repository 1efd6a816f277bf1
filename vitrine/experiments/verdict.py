"""What a report says, in plain words."""

import math
from typing import Final

from vitrine.experiments.figures import Figures, Interleaving, Metric, SampleRatio
from vitrine.experiments.statistics import CONFIDENCE

ALPHA: Final = 1 - CONFIDENCE
EFFECT: Final = 0.05
"""The relative difference for which the verdict says how many users it takes."""

PHRASES: Final = {
    "clicks per search": ("{} more clicks per search", "{} fewer clicks per search"),
    "purchases per search": ("{} more purchases per search", "{} fewer purchases per search"),
    "MRR of the first click": (
        "a {} higher MRR of the first click",
        "a {} lower MRR of the first click",
    ),
    "searches without results": (
        "{} more searches without results",
        "{} fewer searches without results",
    ),
    "junk queries": ("{} more junk queries", "{} fewer junk queries"),
}


def verdict(report: Figures) -> list[str]:
    """Sentences, the weightiest first. p-values of metrics are Holm's."""
    said = []
    if report.sample_ratio and not report.sample_ratio.trusted:
        said.append(_mismatch(report, report.sample_ratio))
    if report.metrics:
        shown = [_difference(metric, report) for metric in report.metrics if metric.p_corrected < ALPHA]
        said += shown or [f"No difference shown between {report.a} and {report.b}."]
        said += _power(report.metrics[0])
    if report.interleaving:
        said.append(_preference(report.interleaving))
    return said


def p(value: float) -> str:
    """A p-value as papers print it: `p = .02`, `p < .001`."""
    if value < 0.001:
        return "p < .001"
    return "p = " + (f"{value:.2f}" if value >= 0.0095 else f"{value:.3f}").removeprefix("0")


def _mismatch(report: Figures, ratio: SampleRatio) -> str:
    arms = ", ".join(f"{arm.name} has {arm.users:,} users for a share of {arm.share:.1%}" for arm in report.arms)
    if ratio.assumed_equal:
        advice = "Equal shares were assumed; if others were configured, name them."
    else:
        advice = "Find out first why users are missing from an arm."
    return f"DO NOT TRUST THIS RESULT: users are not split as configured ({p(ratio.p_value)}): {arms}. {advice}"


def _difference(metric: Metric, report: Figures) -> str:
    up = metric.difference > 0
    if not math.isnan(metric.relative_low):
        size, ends = f"{abs(metric.relative):.1%}", (metric.relative_low, metric.relative_high)
        low, high = (f"{abs(end):.1%}" for end in (ends if up else reversed(ends)))
    else:  # next to nothing in the first arm: no share of it can be told
        size, ends = f"{abs(metric.difference):.4f}", (metric.low, metric.high)
        low, high = (f"{abs(end):.4f}" for end in (ends if up else reversed(ends)))
    phrase = PHRASES[metric.name][0 if up else 1].format(size)
    interval = f"95% interval {low} to {high}, {p(metric.p_corrected)}"
    return f"{report.b} has {phrase} than {report.a} ({interval})."


def _power(metric: Metric) -> list[str]:
    if not metric.detectable_relative > 0 or metric.users_needed is None:
        return []
    found = f"a difference of {metric.detectable_relative:.1%} in {metric.name} is found four times in five"
    return [f"With so many users, {found}; for one of {EFFECT:.0%} it takes {metric.users_needed:,} users per arm."]


def _preference(found: Interleaving) -> str:
    clicked = found.wins_a + found.wins_b + found.ties
    if not clicked:
        return f"Interleaving says nothing yet: none of {found.lists:,} lists was clicked."
    figures = (
        f"of {clicked:,} clicked lists {found.b} won {found.wins_b:,} and {found.a} {found.wins_a:,}; "
        f"Δ = {found.delta:+.3f}, 95% interval {found.low:+.3f} to {found.high:+.3f}; "
        f"sign test over users {p(found.p_value)}"
    )
    if found.p_value < ALPHA:
        return f"Interleaved, people prefer {found.b if found.delta > 0 else found.a}: {figures}."
    return f"Interleaving shows no preference: {figures}."
