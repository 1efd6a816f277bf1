"""The verdict of a report, in words."""

import math
from typing import Final

from vitrine.experiments.figures import Figures, Interleaving, Metric, SampleRatio
from vitrine.experiments.statistics import CONFIDENCE

ALPHA: Final = 1 - CONFIDENCE
EFFECT: Final = 0.05
"""The relative difference for which the verdict gives the number of users needed."""

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
    """Return the sentences of the verdict, the most important first. p-values of metrics are corrected by Holm."""
    sentences = []
    if report.sample_ratio and not report.sample_ratio.trusted:
        sentences.append(_mismatch(report, report.sample_ratio))
    if report.metrics:
        significant = [_difference(metric, report) for metric in report.metrics if metric.p_corrected < ALPHA]
        sentences += significant or [f"No difference shown between {report.a} and {report.b}."]
        sentences += _power(report.metrics[0])
    if report.interleaving:
        sentences.append(_preference(report.interleaving))
    return sentences


def format_p(value: float) -> str:
    """Format a p-value as papers print it: `p = .02`, `p < .001`."""
    if value < 0.001:
        return "p < .001"
    return "p = " + (f"{value:.2f}" if value >= 0.0095 else f"{value:.3f}").removeprefix("0")


def _mismatch(report: Figures, ratio: SampleRatio) -> str:
    arms = ", ".join(f"{arm.name} has {arm.users:,} users for a share of {arm.share:.1%}" for arm in report.arms)
    if ratio.assumed_equal:
        advice = "Equal shares were assumed; if others were configured, name them."
    else:
        advice = "Find out first why users are missing from an arm."
    return f"DO NOT TRUST THIS RESULT: users are not split as configured ({format_p(ratio.p_value)}): {arms}. {advice}"


def _difference(metric: Metric, report: Figures) -> str:
    up = metric.difference > 0
    if not math.isnan(metric.relative_low):
        size, ends = f"{abs(metric.relative):.1%}", (metric.relative_low, metric.relative_high)
        low, high = (f"{abs(end):.1%}" for end in (ends if up else reversed(ends)))
    else:  # the first arm's value is close to 0, so there is no relative interval
        size, ends = f"{abs(metric.difference):.4f}", (metric.low, metric.high)
        low, high = (f"{abs(end):.4f}" for end in (ends if up else reversed(ends)))
    phrase = PHRASES[metric.name][0 if up else 1].format(size)
    interval = f"95% interval {low} to {high}, {format_p(metric.p_corrected)}"
    return f"{report.b} has {phrase} than {report.a} ({interval})."


def _power(metric: Metric) -> list[str]:
    if not metric.detectable_relative > 0 or metric.users_needed is None:
        return []
    power = f"a difference of {metric.detectable_relative:.1%} in {metric.name} is found four times in five"
    return [f"With so many users, {power}; for one of {EFFECT:.0%} it takes {metric.users_needed:,} users per arm."]


def _preference(result: Interleaving) -> str:
    clicked = result.wins_a + result.wins_b + result.ties
    if not clicked:
        return f"Interleaving says nothing yet: none of {result.lists:,} lists was clicked."
    figures = (
        f"of {clicked:,} clicked lists {result.b} won {result.wins_b:,} and {result.a} {result.wins_a:,}; "
        f"Δ = {result.delta:+.3f}, 95% interval {result.low:+.3f} to {result.high:+.3f}; "
        f"sign test over users {format_p(result.p_value)}"
    )
    if result.p_value < ALPHA:
        return f"Interleaved, people prefer {result.b if result.delta > 0 else result.a}: {figures}."
    return f"Interleaving shows no preference: {figures}."
