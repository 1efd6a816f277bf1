"""The triggers of a cycle: each says whether it fires, and why or why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.kinds import Kind
from pipelines.loop.journal import Cycle, Figures, Seen
from pipelines.loop.settings import TriggerSettings
from vitrine.data.columns import PRODUCT_ID
from vitrine.data.contract.spans import catalogue_files, local_files, newest, span_names
from vitrine.data.formats import csv_reading

DAY: Final = 86_400.0


@dataclass(frozen=True)
class Signal:
    """The state of a trigger. `kind` is that of the cycle that it asks for."""

    trigger: str
    fires: bool
    reason: str
    figures: Figures
    kind: Kind = "run"


def present(data: Path) -> Seen:
    """Return the spans that are there."""
    return Seen(
        judgements=tuple(span_names(_judgements(data))),
        catalogue=tuple(span_names(newest(local_files(data, "catalogue/*.csv")))),
    )


def signals(data: Path, settings: TriggerSettings, seen: Seen, last: Cycle | None, now: float) -> list[Signal]:
    """Return the signals of the triggers that are on.

    Args:
        data: The data folder.
        settings: The triggers.
        seen: The spans that the last cycle has read or, without one, the stable version.
        last: The last cycle.
        now: The time in seconds since 1970.

    Raises:
        DataError: A file of judgements cannot be read.
    """
    found = []
    if settings.judgements is not None:
        found.append(_judged_pairs(data, seen, settings.judgements))
    if settings.catalogue:
        found.append(_catalogue(data, seen))
    if settings.age_days is not None:
        found.append(_age(last, settings.age_days, now))
    return found


def _judgements(data: Path) -> dict[int, list[str]]:
    return local_files(data, "judgements/*/*.csv")


def _judged_pairs(data: Path, seen: Seen, least: int) -> Signal:
    unseen = {name: files for name, files in span_names(_judgements(data)).items() if name not in seen.judgements}
    pairs = sum(_rows(Path(file)) for files in unseen.values() for file in files)
    reason = f"{pairs:,} new judged pairs in {_named(unseen)}, and {least:,} are needed"
    return Signal("judgements", pairs >= least, reason, {"pairs": pairs, "needed": least, "spans": list(unseen)})


def _rows(path: Path) -> int:
    return sum(records.table.num_rows for records in csv_reading.read(path, [PRODUCT_ID]))


def _catalogue(data: Path, seen: Seen) -> Signal:
    present_span = present(data).catalogue
    fires = bool(present_span) and present_span != seen.catalogue
    reason = (
        f"the catalogue of span {present_span[0]} is {'new' if fires else 'known'}"
        if present_span
        else (f"the catalogue has no spans, but {len(catalogue_files(data))} files")
    )
    return Signal("catalogue", fires, reason, {"span": present_span[0] if present_span else None}, kind="refresh")


def _age(last: Cycle | None, most: float, now: float) -> Signal:
    if last is None:
        return Signal("age", False, "there was no cycle yet", {"days": None, "most": most})
    days = (now - last.began) / DAY
    reason = f"the last cycle began {days:.1f} days ago, and {most:g} are allowed"
    return Signal("age", days > most, reason, {"days": round(days, 3), "most": most})


def _named(spans: Mapping[str, object]) -> str:
    if not spans:
        return "no span"
    return f"{'span' if len(spans) == 1 else 'spans'} {', '.join(spans)}"
