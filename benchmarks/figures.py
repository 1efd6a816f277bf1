"""Turns and figures that the serving benchmarks share."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Timing(NamedTuple):
    """Seconds of each turn, by the clock and of the processor."""

    clock: list[float]
    processor: list[float]


def take_turns(contenders: Mapping[str, Callable[[int], Any]], turns: int, unseen: int = 3) -> dict[str, Timing]:
    """Call every contender once a turn with the turn's number; the first `unseen` turns do not count."""
    timings = {name: Timing([], []) for name in contenders}
    for turn in range(turns + unseen):
        for name, call in contenders.items():
            clock, processor = time.perf_counter(), time.process_time()
            call(turn)
            if turn >= unseen:
                timings[name].clock.append(time.perf_counter() - clock)
                timings[name].processor.append(time.process_time() - processor)
    return timings


def ratio(base: Sequence[float], own: Sequence[float]) -> float:
    """Median of `own / base` over the turns: what slows a whole turn does not count."""
    return statistics.median(mine / theirs for theirs, mine in zip(base, own, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` (0 to 1] of them do not exceed (the nearest-rank method)."""
    return float(np.quantile(values, share, method="inverted_cdf"))


def recall(found: npt.NDArray[np.integer], wanted: npt.NDArray[np.integer]) -> float:
    """Mean share of each row of `wanted` [Q, K] that is in the same row of `found` [Q, M]."""
    return float((wanted[:, :, None] == found[:, None, :]).any(axis=2).mean())
