"""Prometheus metrics of the gateway."""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from vitrine.events.log import Counts

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class GatewayMetrics:
    """The gateway's metrics in a registry of their own, so that two gateways in one process do not share counters."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self._requests = Counter("vitrine_requests", "Requests answered.", ["route", "status"], registry=registry)
        self._latency = Histogram(
            "vitrine_request_seconds", "From request to answer.", ["route"], buckets=_SECONDS, registry=registry
        )
        self.under_way = Gauge("vitrine_requests_under_way", "Requests being answered.", registry=registry)
        self._searches = Counter("vitrine_searches", "Searches.", ["kind", "route", "outcome"], registry=registry)
        self._cache = Counter("vitrine_cache_lookups", "Look-ups by where they ended.", ["outcome"], registry=registry)
        self._feedback = Counter("vitrine_feedback", "Clicks and purchases.", ["kind"], registry=registry)
        self._refused = Counter("vitrine_refused", "Requests refused, by reason.", ["reason"], registry=registry)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request. `route` is the pattern of a path, not the path: clients could send any number of paths."""
        self._requests.labels(route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def search(self, kind: str, route: str, junk: bool, total: int) -> None:
        """Count a search by its outcome: `found`, `nothing` or `junk`."""
        self._searches.labels(kind, route, "junk" if junk else "found" if total else "nothing").inc()

    def cache_lookup(self, outcome: str) -> None:
        """Count a cache look-up by its outcome: `memory`, `redis` or `miss`."""
        self._cache.labels(outcome).inc()

    def feedback(self, kind: str) -> None:
        """Count a click or a purchase."""
        self._feedback.labels(kind).inc()

    def refusal(self, reason: str) -> None:
        """Count a refused request by reason: `busy`, `rate`, `size`, `key`, `slow` or `late`."""
        self._refused.labels(reason).inc()

    def watch_events(self, counts: Callable[[], Counts | None]) -> None:
        """Export the numbers of events that were written, dropped and failed."""

        def count(name: str) -> float:
            return float(getattr(counts(), name, 0))

        for name in ("written", "dropped", "failed"):
            gauge = Gauge(f"vitrine_events_{name}", f"Events {name}.", registry=self.registry)
            gauge.set_function(partial(count, name))

    def page(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
