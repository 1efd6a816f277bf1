"""Thresholds of an audit's figures. Imports nothing heavy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from vitrine.audit.section import Figure, Section


def with_thresholds(sections: Sequence[Section], gate: Mapping[str, float]) -> list[Section]:
    """Return the sections with the bound of each figure that a key of `gate` matches, and whether it is kept.

    Of several keys that match, the longest applies. A value that is NaN keeps to no bound.
    """
    return [
        replace(section, figures=tuple(_judged(figure, gate) for figure in section.figures)) for section in sections
    ]


def missed(sections: Sequence[Section], gate: Mapping[str, float]) -> list[str]:
    """Return a sentence for each threshold that is missed, and for each that no figure answers to."""
    figures = [figure for section in sections for figure in section.figures]
    reasons = {section.name: section.skipped for section in sections}
    unanswered = [key for key in gate if not any(fnmatchcase(figure.key, key) for figure in figures)]
    return [
        *(_sentence(figure) for figure in figures if figure.passed is False),
        *(f"audit.gate: {key} has no figure: {_why(key, reasons)}" for key in unanswered),
    ]


def _why(key: str, reasons: Mapping[str, str]) -> str:
    suite = key.partition(".")[0]
    if suite not in reasons:
        return f"the suite {suite} did not run"
    return reasons[suite] or "the report of `vitrine audit` lists the keys"


def _judged(figure: Figure, gate: Mapping[str, float]) -> Figure:
    keys = [key for key in gate if fnmatchcase(figure.key, key)]
    if not keys:
        return figure
    bound = gate[max(keys, key=len)]
    passed = figure.value <= bound if figure.better == "low" else figure.value >= bound
    return replace(figure, threshold=bound, passed=passed)


def _sentence(figure: Figure) -> str:
    allowed = "at most" if figure.better == "low" else "at least"
    return (
        f"{figure.key} is {figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}] on {figure.n:,}; "
        f"audit.gate allows {allowed} {figure.threshold}"
    )
