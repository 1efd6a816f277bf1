"""Turns and figures that the serving benchmarks share."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Timing(NamedTuple):
    """Seconds of each turn: wall-clock and processor time."""

    clock: list[float]
    processor: list[float]


def take_turns(contenders: Mapping[str, Callable[[int], Any]], turns: int, uncounted: int = 3) -> dict[str, Timing]:
    """Call every contender once a turn with the turn's number; the first `uncounted` turns do not count."""
    timings = {name: Timing([], []) for name in contenders}
    for turn in range(turns + uncounted):
        for name, call in contenders.items():
            clock, processor = time.perf_counter(), time.process_time()
            call(turn)
            if turn >= uncounted:
                timings[name].clock.append(time.perf_counter() - clock)
                timings[name].processor.append(time.process_time() - processor)
    return timings


def ratio(base: Sequence[float], values: Sequence[float]) -> float:
    """Return the median of `values / base` over the turns, so that a slow turn does not count."""
    return statistics.median(value / base_value for base_value, value in zip(base, values, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1] of `values` do not exceed (nearest rank)."""
    return float(np.quantile(values, share, method="inverted_cdf"))


def recall(retrieved: npt.NDArray[np.integer], relevant: npt.NDArray[np.integer]) -> float:
    """Return the mean share of each row of `relevant` [Q, K] that is in the same row of `retrieved` [Q, M]."""
    return float((relevant[:, :, None] == retrieved[:, None, :]).any(axis=2).mean())
