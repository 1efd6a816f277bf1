"""A simulated event log: users with few searches each, of popular and rare queries, with clicks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog
from vitrine.monitoring.window import Window

DAY = 86400.0
START = 1_780_000_000.0 // DAY * DAY
THINGS = ("mug", "lamp", "chair", "table", "towel", "rug", "clock", "vase", "bowl", "shelf")
COLOURS = ("red", "blue", "green", "white", "black", "yellow")
QUERIES = tuple(f"{colour} {thing}" for thing in THINGS for colour in COLOURS)


@dataclass(frozen=True)
class Traffic:
    """The behaviour of users: the relative frequency of each query, and shares of outcomes."""

    queries: Mapping[str, float] = field(
        default_factory=lambda: {query: 1 / (rank + 3) for rank, query in enumerate(QUERIES)}
    )
    no_result: float = 0.05
    click: float = 0.4
    latency_ms: float = 20.0
    without_clicks: frozenset[str] = frozenset()
    shown: Sequence[str] = ("a", "b", "c")


def write_log(directory: Path, traffic: Traffic, first_day: int, days: int, users: int, seed: int) -> Window:
    """Write searches and clicks of some days, and return their window. A user has 1 to 6, often repeated."""
    rng = np.random.default_rng(seed)
    names, weights = list(traffic.queries), np.array(list(traffic.queries.values()))
    since = START + first_day * DAY
    with EventLog(directory, capacity=10**7) as log:
        for user in range(users):
            favourite = rng.choice(names, p=weights / weights.sum())
            latency = traffic.latency_ms * rng.lognormal(0, 0.3)
            for number in range(rng.integers(1, 7)):
                repeated = number and rng.random() < 0.5
                query = favourite if repeated else str(rng.choice(names, p=weights / weights.sum()))
                time = since + rng.random() * days * DAY
                request = f"{seed}-{user}-{number}"
                nothing = bool(rng.random() < traffic.no_result)
                log.put(
                    SearchEvent(
                        time=time, request_id=request, user=f"user-{seed}-{user}", catalogue="shop", version=3,
                        query=query, route="only", latency_ms=latency * rng.lognormal(0, 0.2),
                        total=0 if nothing else 24, product_ids=() if nothing else traffic.shown,
                    )
                )  # fmt: skip
                if not nothing and query not in traffic.without_clicks and rng.random() < traffic.click:
                    log.put(FeedbackEvent(time=time + 5, request_id=request, user=f"user-{seed}-{user}",
                                          product_id=traffic.shown[0], position=1))  # fmt: skip
    return Window(since, since + days * DAY)
