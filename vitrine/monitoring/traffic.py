"""One pass over the searches of a window, and its figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from vitrine.events.reading import Skipped
from vitrine.monitoring.counts import SearchCounts, ShownProducts
from vitrine.monitoring.languages import language_of_query
from vitrine.monitoring.latency import Latencies
from vitrine.monitoring.query_counts import QueryCounts
from vitrine.monitoring.query_words import ServedCatalogue, distinct_words
from vitrine.monitoring.result import Latency, Traffic
from vitrine.monitoring.searches import clicked_requests, read_searches
from vitrine.monitoring.settings import MonitorSettings
from vitrine.monitoring.unit_sample import JudgedSample, UserSample
from vitrine.monitoring.window import Window

Languages = Callable[[str], str]


@dataclass
class WindowSearches:
    """The counts and samples that one pass over a window keeps."""

    window: Window
    counts: SearchCounts
    latencies: Latencies
    queries: QueryCounts
    users: UserSample
    products: ShownProducts
    judged: JudgedSample
    skipped: Skipped = field(default_factory=Skipped)


def read_window(
    events: Path,
    window: Window,
    settings: MonitorSettings,
    catalogue: ServedCatalogue | None = None,
    judged: Mapping[str, str] | None = None,
) -> WindowSearches:
    """Read the searches of a window once, a block at a time.

    Args:
        events: The directory of an event log.
        window: The window.
        settings: The sizes of what is kept.
        catalogue: The served products.
        judged: The id of each judged query, by its normalised text.

    Raises:
        DataError: The directory does not exist.
    """
    found = WindowSearches(
        window,
        SearchCounts(),
        Latencies(),
        QueryCounts(settings.queries),
        UserSample(settings.users, settings.seed),
        ShownProducts(catalogue.product_ids if catalogue else None),
        JudgedSample(judged or {}, settings.judged_per_day, settings.seed),
    )
    for block in read_searches(events, window, clicked_requests(events, window), found.skipped):
        for part in (found.counts, found.latencies, found.queries, found.users, found.products, found.judged):
            part.add(block)
    return found


def traffic(found: WindowSearches, catalogue: ServedCatalogue | None) -> Traffic:
    """Return the figures of a window."""
    counts, queries = found.counts, found.queries.frame()
    texts = query_features(queries.index.to_series(), catalogue)
    weights = queries["searches"].to_numpy(np.float64)
    total = weights.sum()

    def mean(column: str) -> float | None:
        return float((texts[column].to_numpy(np.float64) * weights).sum() / total) if total else None

    languages = pd.Series(weights).groupby(texts["language"].to_numpy(object)).sum().sort_values(ascending=False)
    return Traffic(
        since=_iso(found.window.since),
        until=_iso(found.window.until),
        searches=counts.searches,
        users=counts.users,
        unidentified=counts.unidentified,
        further_pages=counts.further_pages,
        distinct_queries=len(queries),
        shares=counts.shares(),
        unknown_words=mean("unknown_words") if catalogue else None,
        words=mean("words"),
        characters=mean("characters"),
        days=dict(sorted(counts.days.items())),
        languages={str(name): float(weight / total) for name, weight in languages.items()},
        groups={
            name: {value: count / counts.searches for value, count in counter.most_common(20)}
            for name, counter in counts.groups.items()
        },
        latency=[Latency(**vars(each)) for each in found.latencies.quantiles()],
    )


def query_features(queries: "pd.Series[str]", catalogue: ServedCatalogue | None) -> pd.DataFrame:
    """Return `words`, `characters`, `language` and `unknown_words` (whether there are any) of each query."""
    words = distinct_words(queries)
    unknown = catalogue.unknown({word for each in words for word in each}) if catalogue else set()
    return pd.DataFrame(
        {
            "words": [len(each) for each in words],
            "characters": [len(query) for query in queries],
            "language": [language_of_query(query) for query in queries],
            "unknown_words": [not unknown.isdisjoint(each) for each in words],
        },
        index=queries.index,
    )


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
