"""User models that click: the position-based, the cascade, and the dynamic Bayesian network model.

The formulas are those of `vitrine.clicks.models`, run forward.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.labels import CLASS_IDS

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

ATTRACTION: Final = (0.0, 0.15, 0.45, 0.9)
"""The probability of a click on an examined product, by class id (I, C, S, E), before noise."""
SATISFACTION: Final = (0.0, 0.1, 0.3, 0.7)
"""The probability that a click satisfies, by class id."""
BOT_CLICKS: Final = 0.3
"""The probability that a program clicks a product, whatever it is and wherever it stands."""


def attraction(labels: Ints, noise: float) -> Floats:
    """Return the probability of a click if examined, for class ids of any shape; `noise` for irrelevant products."""
    return noise + (1 - noise) * np.asarray(ATTRACTION)[labels]


def propensities(count: int, eta: float) -> Floats:
    """Return the probability that each position is examined in the position-based model, float64 [count]."""
    return np.arange(1.0, count + 1) ** -eta


def click(labels: Ints, settings: SimulationSettings, rng: np.random.Generator) -> Mask:
    """Return what people click.

    Args:
        labels: int64 [L, S], class ids of the products of S lists; -1 below the end of a list.
        settings: the user model.
        rng: the source of chance.

    Returns:
        bool [L, S].
    """
    shown = labels >= 0
    attracts = shown & (rng.random(labels.shape) < attraction(np.maximum(labels, 0), settings.noise))
    if settings.model == "pbm":
        examined = rng.random(labels.shape) < propensities(len(labels), settings.eta)[:, None]
        return np.asarray(attracts & examined)
    satisfies = rng.random(labels.shape) < np.asarray(SATISFACTION)[np.maximum(labels, 0)]
    goes_on = rng.random(labels.shape) < settings.continuation
    if settings.model == "cascade":
        satisfies, goes_on = np.ones(labels.shape, bool), np.ones(labels.shape, bool)
    clicked, examines = np.zeros(labels.shape, bool), np.ones(labels.shape[1], bool)
    for row in range(len(labels)):
        clicked[row] = examines & attracts[row]
        examines = examines & ~(clicked[row] & satisfies[row]) & goes_on[row]
    return clicked


def click_as_program(labels: Ints, rng: np.random.Generator) -> Mask:
    """Return what a program clicks, bool [L, S]: each product with the same probability."""
    return np.asarray((labels >= 0) & (rng.random(labels.shape) < BOT_CLICKS))


def buy(labels: Ints, clicked: Mask, share: float, rng: np.random.Generator) -> Mask:
    """Return which clicked products people buy, bool [L, S]: a share of the exact ones."""
    return np.asarray(clicked & (labels == CLASS_IDS["E"]) & (rng.random(labels.shape) < share))
