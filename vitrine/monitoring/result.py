"""The result of monitoring a window: figures, tests and a verdict. The schema of `monitor.json`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from vitrine.monitoring.column_drift import ColumnDrift
from vitrine.monitoring.figures import Lists
from vitrine.monitoring.shown_quality import ShownQuality
from vitrine.monitoring.vector_drift import VectorDrift

Kind = Literal["queries", "vectors", "training", "quality", "latency", "catalogue"]
DRIFT: frozenset[Kind] = frozenset({"queries", "vectors", "training", "quality"})
"""The kinds of reasons for which a model may need training; the others concern its operation."""


class Reason(BaseModel):
    """A reason for an alert: its kind, the column or the like that it concerns, and a sentence."""

    kind: Kind
    subject: str
    message: str


class Verdict(BaseModel):
    """The verdict: `drifted` if a model may need training, `alert` if there is any reason, and the reasons."""

    drifted: bool
    alert: bool
    reasons: list[Reason]

    @classmethod
    def of(cls, reasons: list[Reason]) -> "Verdict":
        """Return the verdict for reasons."""
        drifted = any(reason.kind in DRIFT for reason in reasons)
        return cls(drifted=drifted, alert=bool(reasons), reasons=reasons)


class Latency(BaseModel):
    """Milliseconds within which half, 95% and 99% of the searches of a group were answered.

    `cached` is the share for which the gateway's cache had something; None if the log does not say it.
    """

    route: str
    catalogue: str
    version: int
    searches: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cached: float | None = None


class Traffic(BaseModel):
    """The searches of a window.

    Attributes:
        since: The window's start, ISO 8601 in UTC.
        until: Its end.
        searches: The number of searches.
        users: The number of identified users, by a hash (see `vitrine.monitoring.hash_filter`).
        unidentified: The number of searches without a user.
        further_pages: The number of searches for further pages of results.
        distinct_queries: The number of distinct queries, or of those that were kept.
        shares: The share of searches that were junk, without results, rewritten, clicked and filtered.
        unknown_words: The share of searches with a word that the served catalogue lacks; None without a catalogue.
        words: The mean number of words of a query.
        characters: The mean number of characters of a query.
        days: Searches by day.
        languages: The share of searches by language or script; see `vitrine.monitoring.languages`.
        groups: The share of searches by catalogue, arm, kind, route and version.
        latency: Quantiles by route, catalogue and version.
    """

    since: str
    until: str
    searches: int
    users: int
    unidentified: int
    further_pages: int
    distinct_queries: int
    shares: dict[str, float]
    unknown_words: float | None
    words: float | None
    characters: float | None
    days: dict[str, int]
    languages: dict[str, float]
    groups: dict[str, dict[str, float]]
    latency: list[Latency]


class Shown(BaseModel):
    """The products that were shown; without a served catalogue, none is unknown and the share is None."""

    shown: int
    distinct: int
    catalogue: int | None
    unknown: int
    unknown_share: float | None
    examples: list[str]


class MonitoringResult(BaseModel):
    """Everything that monitoring found in a window."""

    model_config = ConfigDict(ser_json_inf_nan="null")

    verdict: Verdict
    version: int | None
    current: Traffic
    reference: Traffic
    lists: Lists
    columns: list[ColumnDrift]
    vectors: VectorDrift | None
    training: VectorDrift | None
    quality: ShownQuality | None
    products: Shown
    damaged_lines: int
    notes: list[str]
