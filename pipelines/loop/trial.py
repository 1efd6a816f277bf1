"""The trial of a version on live traffic: the verdict from the gateway's event log."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow.compute as pc
from scipy import stats  # type: ignore[import-untyped]

from pipelines.loop.journal import Figures
from pipelines.loop.settings import CanarySettings
from vitrine.errors import DataError
from vitrine.events.reading import read_events
from vitrine.experiments.figures import Report
from vitrine.experiments.report import make_report
from vitrine.experiments.statistics import CONFIDENCE

DAY: Final = 86_400.0
A, B = "a", "b"
ALPHA: Final = 1 - CONFIDENCE
GUARDED_ALPHA: Final = 0.001
"""Level of the tests of errors, which are repeated at every pass."""
CLICKS: Final = "clicks per search"


@dataclass(frozen=True)
class Verdict:
    """The decision on a version on trial."""

    decision: Literal["wait", "promote", "roll back"]
    reason: str
    figures: Figures


class LatencyRatio(NamedTuple):
    """Arm b's p95 latency of uncached answers, and its lower bound, in arm a's p95."""

    measured: float
    surely: float


def verdict(events: Path, settings: CanarySettings, since: float, now: float) -> Verdict:
    """Return the decision on the version that the label canary has had since a time.

    Errors and latency are guarded from the beginning. The comparison of clicks is made once: at the first pass after
    enough searches or days.

    Args:
        events: The directory of the gateway's event log.
        settings: The trial.
        since: The start of the trial, in seconds since 1970.
        now: The present, likewise.
    """
    report = _report(events, settings, since)
    searches = _searches(report)
    failed = _failed(events, since)
    latency, unjudged = _latency_ratios(report, settings.latency_answers)
    figures: dict[str, object] = {"searches": searches, "failed": failed, "latency_ratio": latency and latency.measured}
    if report:
        figures["verdict"] = list(report.verdict)
    if unjudged:
        figures["latency_unjudged"] = unjudged
    is_late = now - since >= settings.days * DAY
    if reason := _broken(settings, failed, searches, latency):
        return _verdict("roll back", reason, figures)
    if searches < settings.searches and not is_late:
        return _verdict("wait", _joined(f"{searches:,} of {settings.searches:,} searches", unjudged), figures)
    if report is None or searches < settings.least_searches:
        return _verdict("roll back", f"only {searches:,} searches in {settings.days:g} days", figures)
    if report.sample_ratio and not report.sample_ratio.trusted:
        decision: Literal["wait", "roll back"] = "roll back" if is_late else "wait"
        return _verdict(decision, report.verdict[0], figures)
    return _compared(settings, report, figures, unjudged)


def _compared(settings: CanarySettings, report: Report, figures: dict[str, object], unjudged: str | None) -> Verdict:
    """Take the verdict from interleaved lists if there are any, which tell with fewer searches, or else from clicks."""
    if report.interleaving:
        gain, p_value = report.interleaving.delta, report.interleaving.p_value
        measure = "preference in interleaved lists"
    else:
        metric = next(metric for metric in report.metrics if metric.name == CLICKS)
        gain, p_value, measure = metric.difference, metric.p_value, CLICKS
    sentence = f"{measure}: {gain:+.4f}, p = {p_value:.3g}"
    figures |= {"gain": gain, "p_value": p_value}
    if p_value < ALPHA and gain < 0:
        return _verdict("roll back", f"worse; {sentence}", figures)
    if settings.needs == "better" and not (p_value < ALPHA and gain > 0):
        return _verdict("roll back", f"not shown to be better; {sentence}", figures)
    return _verdict("promote", _joined(sentence, unjudged), figures)


def _report(events: Path, settings: CanarySettings, since: float) -> Report | None:
    try:
        shares = {A: 1 - settings.share, B: settings.share}
        return make_report(events, settings.experiment, A, B, shares, since, max_searches=settings.most_searches)
    except DataError:  # no search of both arms yet
        return None


def _searches(report: Report | None) -> int:
    if report is None:
        return 0
    of_arm = {arm.name: arm.searches for arm in report.arms}
    return report.interleaving.lists if report.interleaving else of_arm.get(B, 0)


def _failed(events: Path, since: float) -> int:
    """Return the number of searches that arm a answered because arm b failed."""
    tables = read_events(events, "search", ["failed_arm"], since)
    return sum(pc.sum(pc.equal(table["failed_arm"], B)).as_py() or 0 for table in tables)


def _latency_ratios(report: Report | None, least: int) -> tuple[LatencyRatio | None, str | None]:
    """Return the ratio of the arms' p95 latencies, or why there is none.

    Answers from the gateway's cache do not count: it is warm for the stable version only when a trial begins.
    """
    if report and report.interleaving:
        return None, "latency not judged: both arms answer each interleaved search"
    arms = {arm.name: arm for arm in report.arms} if report else {}
    uncached = {name: arms[name].uncached if name in arms else 0 for name in (A, B)}
    if min(uncached.values()) < least:
        counts = " and ".join(f"arm {name} has {count:,}" for name, count in uncached.items())
        return None, f"latency not judged: {counts} of {least:,} uncached answers"
    stable, new = arms[A].uncached_p95_ms, arms[B]
    if stable <= 0:
        return None, "latency not judged: arm a's is 0"
    measured, surely = (round(p95 / stable, 3) for p95 in (new.uncached_p95_ms, new.uncached_p95_least_ms))
    return LatencyRatio(measured, surely), None


def _joined(*sentences: str | None) -> str:
    return "; ".join(sentence for sentence in sentences if sentence)


def _broken(settings: CanarySettings, failed: int, searches: int, latency: LatencyRatio | None) -> str | None:
    """Return why a version must be rolled back at once."""
    total = failed + searches
    if failed and stats.binomtest(failed, total, settings.max_errors, "greater").pvalue < GUARDED_ALPHA:
        return f"{failed:,} of {total:,} searches failed, and {settings.max_errors:.1%} may"
    if latency is not None and latency.surely > settings.max_latency:
        ratio = f"{latency.measured:.2f} times the stable version's, surely {latency.surely:.2f}"
        return f"its p95 latency of uncached answers is {ratio}, and {settings.max_latency:g} are allowed"
    return None


def _verdict(decision: Literal["wait", "promote", "roll back"], reason: str, figures: dict[str, object]) -> Verdict:
    plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in figures.items()}
    return Verdict(decision, reason, plain)  # type: ignore[arg-type]
