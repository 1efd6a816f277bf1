"""The position-based model (PBM): a product is clicked if it is examined and attracts.

`P(click) = attraction(query, product) · propensity(position)` (Craswell et al. 2008; Chuklin, Markov and de Rijke 2015,
"Click Models for Web Search", sections 3.4 and 4.2). The propensity of the first position is 1, which fixes the scale.
Hidden are the examination of each impression and, where it was examined, nothing: an examined impression attracts if it
was clicked. So the steps of expectation maximisation count examined impressions.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.clicks.models.fitted import Evidence
from vitrine.clicks.models.prior import TINY, Prior
from vitrine.clicks.models.sessions import Floats, Ints, Sessions, sums
from vitrine.clicks.settings import ModelSettings

PROPENSITY: Final = Prior(0.5, 0.02)
"""The prior of propensities, which only keeps those of unseen positions inside (0, 1)."""


@dataclass(frozen=True)
class PositionModel:
    """A fitted PBM; `propensities` float64 [K]."""

    attraction: Floats
    propensities: Floats
    prior: Prior
    trace: list[float]
    evidence: Evidence

    def log_likelihood(self, sessions: Sessions) -> Floats:
        """Return the log-likelihood of each search's clicks, float64 [S]."""
        probability = self.click_probability(sessions)
        of_cells = np.where(sessions.clicked, np.log(np.maximum(probability, TINY)), np.log1p(-probability))
        return np.asarray(np.where(sessions.shown, of_cells, 0.0).sum(0), np.float64)

    def click_probability(self, sessions: Sessions) -> Floats:
        """Return the probability of a click on each product, float64 [L, S]."""
        attraction = np.append(self.attraction, 0.0)[sessions.pair]
        last = len(self.propensities) - 1
        return np.asarray(attraction * self.propensities[np.minimum(sessions.position, last)], np.float64)

    def parameters(self) -> dict[str, object]:
        """Return the propensities by position."""
        return {"propensities": [float(value) for value in self.propensities]}


@dataclass(frozen=True)
class _Cells:
    """The distinct combinations of pair and position: weighted impressions and clicks, float64 [C]."""

    pair: Ints
    position: Ints
    impressions: Floats
    clicks: Floats


def fit_position(
    sessions: Sessions, prior: Prior, settings: ModelSettings, propensities: Floats | None = None
) -> PositionModel:
    """Fit a PBM; with `propensities`, float64 [K], these stay as they are."""
    cells = _cells(sessions)
    positions = int(cells.position.max(initial=0)) + 1
    fixed = propensities is not None
    gamma = np.append(1.0, np.full(positions - 1, 0.5))
    if propensities is not None:
        gamma = np.append(propensities, np.full(max(positions - len(propensities), 0), propensities[-1]))
    clicked = sums(cells.clicks, cells.pair, sessions.pairs)
    shown = sums(cells.impressions, cells.position, len(gamma))
    alpha = prior.estimate(clicked, sums(cells.impressions, cells.pair, sessions.pairs))
    trace: list[float] = []
    total = max(float(cells.impressions.sum()), 1.0)
    while True:
        a, g = alpha[cells.pair], gamma[cells.position]
        unclicked = cells.impressions - cells.clicks
        trace.append(
            float(cells.clicks @ np.log(np.maximum(a * g, TINY)) + unclicked @ np.log1p(-np.minimum(a * g, 1 - TINY)))
            + prior.log_density(alpha)
            + (0.0 if fixed else PROPENSITY.log_density(gamma[1:]))
        )
        examined = cells.clicks + unclicked * g * (1 - a) / np.maximum(1 - a * g, TINY)
        done = len(trace) > 1 and trace[-1] - trace[-2] < settings.tolerance * total
        if done or len(trace) >= settings.iterations:
            break
        alpha = prior.estimate(clicked, sums(examined, cells.pair, sessions.pairs))
        if not fixed:
            gamma = PROPENSITY.estimate(sums(examined, cells.position, len(gamma)), shown)
            gamma[0] = 1.0
    evidence = Evidence(sums(examined, cells.pair, sessions.pairs), clicked)
    return PositionModel(alpha, gamma, prior, trace, evidence)


def _cells(sessions: Sessions) -> _Cells:
    shown = sessions.shown
    pair, position = sessions.pair[shown], sessions.position[shown]
    width = int(position.max(initial=0)) + 1
    weight = np.broadcast_to(sessions.weight, shown.shape)[shown]
    keys, cell = np.unique(pair * width + position, return_inverse=True)
    return _Cells(
        keys // width,
        keys % width,
        sums(weight, cell, len(keys)),
        sums(weight * sessions.clicked[shown], cell, len(keys)),
    )
