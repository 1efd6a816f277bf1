"""Quantiles of latency, by route and version, from histograms of a fixed size."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.monitoring.searches import SearchBlock

GROWTH: Final = 1.02
"""The ratio of a bin's ends, so that a quantile is within 1% (Masson et al. 2019, "DDSketch")."""
SMALLEST: Final = 0.01
BINS: Final = 1100
"""Bins up to 29 million milliseconds."""
MAX_GROUPS: Final = 1000
QUANTILES: Final = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class LatencyQuantiles:
    """Milliseconds within which half, 95% and 99% of the searches of a route, catalogue and version were answered.

    `cached` is the share of the searches for which the gateway's cache had something; None if the log does not say it.
    """

    route: str
    catalogue: str
    version: int
    searches: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cached: float | None


class Latencies:
    """Histograms of latency by route, catalogue and version."""

    def __init__(self) -> None:
        self._histograms: dict[tuple[str, str, int], npt.NDArray[np.int64]] = {}
        self._cached: dict[tuple[str, str, int], npt.NDArray[np.int64]] = {}

    def add(self, block: SearchBlock) -> None:
        """Count the latencies of a block; groups beyond `MAX_GROUPS` are left out."""
        for names, group in block.frame.groupby(["route", "catalogue", "version"], sort=False):
            route, catalogue, version = map(str, names)
            key = (route, catalogue, int(version))
            if key not in self._histograms and len(self._histograms) >= MAX_GROUPS:
                continue
            milliseconds = np.nan_to_num(group["latency_ms"].to_numpy(np.float64))
            bins = np.log(np.maximum(milliseconds / SMALLEST, 1.0)) / np.log(GROWTH)
            counted = np.bincount(np.minimum(bins.astype(np.int64), BINS - 1), minlength=BINS)
            self._histograms[key] = self._histograms.get(key, np.zeros(BINS, np.int64)) + counted
            outcomes = np.array([group["cached"].eq(True).sum(), group["cached"].notna().sum()])
            self._cached[key] = self._cached.get(key, np.zeros(2, np.int64)) + outcomes

    def quantiles(self) -> list[LatencyQuantiles]:
        """Return the quantiles of each group, the one with most searches first."""
        groups = sorted(self._histograms.items(), key=lambda item: (-item[1].sum(), item[0]))
        found = []
        for key, histogram in groups:
            p50, p95, p99 = (_quantile(histogram, share) for share in QUANTILES)
            found.append(LatencyQuantiles(*key, int(histogram.sum()), p50, p95, p99, self._cached_share(key)))
        return found

    def _cached_share(self, key: tuple[str, str, int]) -> float | None:
        cached, known = self._cached[key]
        return float(cached / known) if known else None


def _quantile(histogram: npt.NDArray[np.int64], share: float) -> float:
    reached = np.searchsorted(np.cumsum(histogram), share * histogram.sum())
    return float(SMALLEST * GROWTH ** (reached + 0.5))
