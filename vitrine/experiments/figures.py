"""The schema of an experiment's report. NaN, which is null in JSON, stands for values that cannot be computed."""

from typing import Literal

from pydantic import BaseModel


class Arm(BaseModel):
    """The users and searches of an arm, after the exclusions. `share` is the configured one.

    `uncached` are the searches of which nothing came from the gateway's cache. Their latencies alone are comparable, as
    the cache may be warm for one arm only. Searches of which the log does not say it are not among them.
    `uncached_p95_least_ms` is the lower bound of their p95 with a confidence of 99.9%, by order statistics.
    """

    name: str
    share: float
    users: int
    searches: int
    latency_p50_ms: float
    latency_p95_ms: float
    uncached: int
    uncached_p50_ms: float
    uncached_p95_ms: float
    uncached_p95_least_ms: float


class Metric(BaseModel):
    """One metric in both arms; see `vitrine.experiments.statistics.Difference`.

    `effect` is Cohen's h for shares of searches, and Cohen's d over users for the others.
    """

    name: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    relative: float
    relative_low: float
    relative_high: float
    p_value: float
    p_corrected: float
    effect: float
    effect_size: Literal["d", "h"]
    detectable: float
    detectable_relative: float
    users_needed: int | None


class SampleRatio(BaseModel):
    """The test that users were split as configured; if it fails, nothing else in the report can be trusted."""

    p_value: float
    trusted: bool
    assumed_equal: bool


class Interleaving(BaseModel):
    """The result of interleaved lists; see `vitrine.experiments.preference.Preference`."""

    a: str
    b: str
    lists: int
    wins_a: int
    wins_b: int
    ties: int
    delta: float
    low: float
    high: float
    users_a: int
    users_b: int
    p_value: float


class Excluded(BaseModel):
    """The numbers of excluded users, searches, feedback events and lines, by reason."""

    users_in_several_arms: int
    users_over_cap: int
    searches_without_user: int
    repeated_searches: int
    feedback_on_products_not_shown: int
    damaged_lines: int


class Figures(BaseModel):
    """All figures of one experiment. Without two arms to compare, `a`, `b` and `metrics` are empty."""

    experiment: str
    a: str
    b: str
    arms: list[Arm]
    sample_ratio: SampleRatio | None
    metrics: list[Metric]
    interleaving: Interleaving | None
    excluded: Excluded


class Report(Figures):
    """The figures of an experiment, and a verdict in words, the most important sentence first."""

    verdict: list[str]
