"""Labels of relevance: E from one threshold on, S from another; I below.

C is not learnt: a complement is clicked more or less as a substitute is, and nothing in a click tells the two apart.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.clicks.impressions import Floats, Ints
from vitrine.clicks.relevance import Relevance
from vitrine.clicks.settings import RelevanceSettings
from vitrine.data.contract.splits import fold
from vitrine.labels import CLASS_IDS, LABELS
from vitrine.metrics.classification import Classification, classification

QUANTILES: Final = 60
"""Candidates of each threshold: quantiles of the relevance of the pairs that people have judged."""
TOP: Final = 0.95
"""The quantile of relevance that thresholds are shares of where people have judged too few pairs."""


@dataclass(frozen=True)
class Thresholds:
    """The relevance from which a pair is S, and E."""

    substitute: float
    exact: float

    def classes(self, relevance: Floats) -> Ints:
        """Return the class id of each relevance, int64 [P]."""
        ids = np.where(relevance >= self.substitute, CLASS_IDS["S"], CLASS_IDS["I"])
        return np.asarray(np.where(relevance >= self.exact, CLASS_IDS["E"], ids), np.int64)


@dataclass(frozen=True)
class Calibration:
    """Thresholds, and the basis of their choice.

    Attributes:
        thresholds: the chosen ones.
        pairs: pairs with clicks and a judgement of people that they were chosen on; 0 for the defaults.
        agreement: with people, on queries that the thresholds of their fold were not chosen on; None for the defaults.
    """

    thresholds: Thresholds
    pairs: int
    agreement: Classification | None


def calibrate(relevance: Relevance, people: Ints, settings: RelevanceSettings) -> Calibration:
    """Choose the thresholds with the highest quadratic kappa with people's labels.

    Args:
        relevance: of P pairs.
        people: int64 [P], class ids of people's labels; -1 for pairs that they have not judged.
        settings: the defaults, and how many pairs it takes.
    """
    judged = np.flatnonzero(people >= 0)
    value = relevance.value
    if len(judged) < settings.calibration_pairs or len(np.unique(people[judged])) < 2:
        top = float(np.quantile(value, TOP)) if value.size else 1.0
        return Calibration(Thresholds(settings.substitute * top, settings.exact * top), 0, None)
    judged_values, labels = value[judged], people[judged]
    folds = np.asarray(
        [fold(relevance.normalised[query], settings.folds, "thresholds") for query in relevance.query[judged]]
    )
    given = np.empty(len(judged), np.int64)
    for number in np.unique(folds):
        inside = folds == number
        others = ~inside if not inside.all() else inside
        given[inside] = best_thresholds(judged_values[others], labels[others]).classes(judged_values[inside])
    return Calibration(best_thresholds(judged_values, labels), len(judged), classification(labels, given))


def best_thresholds(relevance: Floats, labels: Ints) -> Thresholds:
    """Return the thresholds with the highest quadratic kappa with `labels`, class ids int64 [N]; of equals the lowest.

    Kappa is `1 − Σ(given − true)² / Σ expected`, where the expected sum is that of independent labels with the same
    frequencies (Cohen 1968, "Weighted kappa"); all candidates are computed from cumulative counts.
    """
    candidates = np.unique(np.quantile(relevance, np.linspace(0, 1, QUANTILES), method="nearest"))
    order = np.argsort(relevance, kind="stable")
    one_hot = np.eye(len(LABELS))[labels[order]]
    below = np.concatenate([np.zeros((1, len(LABELS))), np.cumsum(one_hot, 0)])
    cuts = np.append(np.searchsorted(relevance[order], candidates, side="left"), len(order))
    low, high = (index.ravel() for index in np.meshgrid(cuts, cuts, indexing="ij"))
    low, high = low[low <= high], high[low <= high]
    parts = np.stack([below[low], below[high] - below[low], below[-1] - below[high]], 1)
    given = np.asarray([CLASS_IDS["I"], CLASS_IDS["S"], CLASS_IDS["E"]], float)
    distance = (given[:, None] - np.arange(len(LABELS))) ** 2
    disagreement = (parts * distance).sum((1, 2))
    expected = np.einsum("ng,gl,l->n", parts.sum(2), distance, below[-1]) / len(labels)
    kappa = np.where(expected > 0, 1 - disagreement / np.maximum(expected, 1e-12), 0.0)
    best = int(kappa.argmax())
    edges = np.append(relevance[order], np.inf)
    return Thresholds(float(edges[low[best]]), float(edges[high[best]]))


def certainty(relevance: Relevance, thresholds: Thresholds) -> Floats:
    """Return the posterior's probability that each pair has the label of its relevance, float64 [P]."""
    edges = np.asarray([0.0, thresholds.substitute, thresholds.exact, np.inf])
    place = np.searchsorted(edges, relevance.value, side="right") - 1
    return relevance.between(edges[place], np.minimum(edges[place + 1], 1.0))
