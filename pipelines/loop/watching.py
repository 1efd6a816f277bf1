"""The event log in the loop: judgements from new clicks, and drift of the searches."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from pipelines.loop.journal import Decision, Figures
from pipelines.loop.settings import DriftSettings, LearnSettings
from pipelines.loop.worker import in_worker
from pipelines.run_directory import RunDirectory
from vitrine.errors import DataError
from vitrine.events.reading import read_events
from vitrine.monitoring.result import Verdict

DAY: Final = 86_400.0
UNTIL: Final = "until"
"""The figure of a decision with the time, in seconds since 1970, up to which it has read events."""


@dataclass(frozen=True)
class Watched:
    """A look at the events: its reason and figures, and whether it begins a cycle (`fires`)."""

    decision: str
    reason: str
    figures: Figures
    fires: bool = False


def learn_clicks(
    events: Path, settings: LearnSettings, data: Path, last: Decision | None, now: float
) -> Watched | None:
    """Learn judgements from the whole log, as the next span of `data`, if there are enough new clicks; None otherwise.

    A newer span of clicks replaces the pairs of an older one, so that evidence is pooled over all events that are kept.

    Raises:
        DataError: The log or the data folder cannot be read.
    """
    from vitrine.clicks.learning import Sources, learn

    since = _until(last)
    clicks = sum(table.num_rows for table in read_events(events, "feedback", ["time"], since, now))
    if clicks < settings.clicks:
        return None
    figures: dict[str, JsonValue] = {UNTIL: now, "clicks": clicks}
    try:
        learned = learn(Sources(events, data, until=now), settings.settings, data)
    except DataError as error:  # all clicks are of programs, for example
        return Watched("learn", f"{clicks:,} new clicks; {error}", figures)
    figures |= {"judgements": learned.judgements, "span": learned.output}
    return Watched("learn", f"{clicks:,} new clicks; {learned.judgements:,} judgements of the whole log", figures)


def watch_drift(
    events: Path,
    settings: DriftSettings,
    data: Path,
    output: Path,
    version: int | None,
    last: Decision | None,
    now: float,
) -> Watched | None:
    """Compare the searches of the last days with those before, and with the train queries; None if it is not yet time.

    `version` is the one that is served, by default the newest. The reports are in `output / "monitor"`.

    Raises:
        MissingExtraError: Evidently is not installed.
    """
    before = _until(last)
    if before is not None and now - before < settings.every_days * DAY:
        return None
    directory = RunDirectory(output)
    try:
        verdict = in_worker(directory.log, _watch, events, directory, version, data, settings, now)
    except DataError as error:  # there are no searches in the window
        return Watched("watch", str(error), {UNTIL: now})
    reasons = [reason.message for reason in verdict.reasons]
    figures: Mapping[str, JsonValue] = {UNTIL: now, "drifted": verdict.drifted, "reasons": list(reasons)}
    return Watched("watch", "; ".join(reasons) or "the searches have not drifted", figures, fires=verdict.drifted)


def _watch(
    events: Path, directory: RunDirectory, version: int | None, data: Path, settings: DriftSettings, now: float
) -> Verdict:
    from vitrine.monitoring.monitor import Sources
    from vitrine.monitoring.output import monitor_to
    from vitrine.monitoring.window import Window

    window = Window(now - settings.window_days * DAY, now)
    sources = Sources(events, directory.serving, data, version=version)
    return monitor_to(directory.output / "monitor", sources, window, window.before(), settings.settings).verdict


def _until(decision: Decision | None) -> float | None:
    value = decision.figures.get(UNTIL) if decision else None
    return float(value) if isinstance(value, int | float) else None
