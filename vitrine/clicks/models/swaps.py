"""Propensities from products that were shown at several positions for the same query.

Such a product has the same relevance at all of them, so that the ratio of its click rates is the ratio of propensities
("intervention harvesting": Agarwal et al. 2019, "Estimating Position Bias without Intrusive Interventions"). Swapped
neighbours, interleaved lists, and other models of the same catalogue make such positions. For two positions, all pairs
that were shown at both count, with the same weight at both: the harmonic mean of their impressions there. The
logarithms of all ratios are then fitted by weighted least squares.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from vitrine.clicks.models.sessions import Floats, Sessions, sums

LEAST_CLICKS: Final = 30
"""Clicks at each of two positions, from which their ratio counts."""
LEAST_POSITIONS: Final = 3


@dataclass(frozen=True)
class Harvested:
    """Propensities of the first K positions, float64 [K], relative to the first one, and the pairs that they rest on.

    `impressions` is the number of impressions of pairs that were shown at several positions.
    """

    propensities: Floats
    pairs: int
    impressions: float


def harvest(sessions: Sessions) -> Harvested | None:
    """Return the propensities, or None if too few products were shown at several positions."""
    shown = sessions.shown
    pair, position = sessions.pair[shown], sessions.position[shown]
    depth = int(position.max(initial=0)) + 1
    keys = np.unique(pair * depth + position)
    several = np.bincount(keys // depth, minlength=sessions.pairs) > 1
    number = np.cumsum(several) - 1
    inside = several[pair]
    count = int(several.sum())
    cell = number[pair[inside]] * depth + position[inside]
    impressions = np.bincount(cell, minlength=count * depth).reshape(count, depth).astype(np.float64)
    clicks = sums(sessions.clicked[shown][inside].astype(np.float64), cell, count * depth).reshape(count, depth)
    logarithms = _fit(*_ratios(impressions, clicks), depth)
    if logarithms.size < LEAST_POSITIONS:
        return None
    return Harvested(np.minimum(np.exp(logarithms), 1.0), count, float(inside.sum()))


def _ratios(impressions: Floats, clicks: Floats) -> tuple[list[tuple[int, int]], list[float], list[float]]:
    """Return pairs of positions, the logarithm of the ratio of their propensities, and its variance."""
    places, ratios, variances = list[tuple[int, int]](), list[float](), list[float]()
    for first, second in combinations(range(impressions.shape[1]), 2):
        both = (impressions[:, first] > 0) & (impressions[:, second] > 0)
        sides = [(impressions[both, place], clicks[both, place]) for place in (first, second)]
        if any(clicked.sum() < LEAST_CLICKS for _, clicked in sides):
            continue
        weight = 1 / sum(1 / shown for shown, _ in sides)
        rates, spread = list[float](), 0.0
        for shown, clicked in sides:
            rate = float((weight * clicked / shown).sum())
            smooth = (clicked + 0.5) / (shown + 1)
            spread += float((weight**2 * smooth * (1 - smooth) / shown).sum()) / rate**2
            rates.append(rate)
        places.append((first, second))
        ratios.append(float(np.log(rates[1] / rates[0])))
        variances.append(spread)
    return places, ratios, variances


def _fit(places: list[tuple[int, int]], ratios: list[float], variances: list[float], depth: int) -> Floats:
    """Return the logarithms of the propensities of the positions that are connected to the first one without a gap."""
    connected = _connected(places)
    kept = next((place for place in range(depth) if place not in connected), depth)
    rows = [row for row, pair in enumerate(places) if max(pair) < kept]
    design = np.zeros((len(rows), max(kept, 1)))
    for line, row in enumerate(rows):
        design[line, places[row][0]], design[line, places[row][1]] = -1.0, 1.0
    scale = 1 / np.sqrt(np.asarray([variances[row] for row in rows]))
    values = np.asarray([ratios[row] for row in rows])
    solved = np.linalg.lstsq(design[:, 1:] * scale[:, None], values * scale, rcond=None)[0] if rows else np.empty(0)
    return np.append(0.0, solved)


def _connected(places: list[tuple[int, int]]) -> set[int]:
    found, grows = {0}, True
    while grows:
        more = {place for pair in places if found & set(pair) for place in pair} - found
        found |= more
        grows = bool(more)
    return found
