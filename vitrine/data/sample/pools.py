"""Judged pools: for each query, exact products beside hard and easy wrong ones, with their labels."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.data.sample.label_rules import ATTRIBUTES, label, relation
from vitrine.data.sample.products import Product
from vitrine.data.sample.queries import Query
from vitrine.data.sample.settings import SampleSettings, generator
from vitrine.labels import LABELS

Indices = npt.NDArray[np.int64]

_SHARES: Final = {"E": 0.38, "S": 0.30, "C": 0.17, "I": 1.0}
"""Maximal share of each label in a pool, in the order of drawing; irrelevant products fill the rest."""


class Pools:
    """The judged pools of queries over one list of products."""

    def __init__(self, products: Sequence[Product], settings: SampleSettings) -> None:
        self._products = products
        self._settings = settings
        names, self._category = np.unique([product.traits.category for product in products], return_inverse=True)
        self._categories: list[str] = names.tolist()
        self._values = {
            name: np.array([getattr(product.traits, name) or "" for product in products]) for name in ATTRIBUTES
        }

    def judge(self, query: Query) -> list[tuple[int, str]]:
        """Draw the judged pool of a query: (product index, label) in random order, with at least one exact product.

        A product of the requested category is judged only if its text or image shows the requested attributes, since
        nobody could judge it otherwise. Label noise spares the product that the query was made from.
        """
        rng = generator(self._settings, "pool", int(query.query_id[1:]))
        requested = [name for name in ATTRIBUTES if getattr(query.requested, name)]
        matches = np.zeros(len(self._products))
        for name in requested:
            matches += self._values[name] == getattr(query.requested, name)
        size = max(4, round(self._settings.pool * rng.uniform(0.8, 1.2)))
        chosen = [query.anchor]
        for wanted, candidates in self._candidates(query, set(requested)).items():
            count = min(round(size * _SHARES[wanted]) - (wanted == "E"), size - len(chosen))
            chosen += _draw(candidates[candidates != query.anchor], matches, count, rng)
        judged = [(index, label(query.requested, self._products[index].traits)) for index in chosen]
        judged[1:] = [(index, _with_noise(given, self._settings.label_noise, rng)) for index, given in judged[1:]]
        return [judged[index] for index in rng.permutation(len(judged))]

    def _candidates(self, query: Query, requested: set[str]) -> dict[str, Indices]:
        """Return the indices of the products that may be judged, int64 arrays by label."""
        kinds = np.array([relation(query.requested.category, name) for name in self._categories])[self._category]
        same = [index for index in np.flatnonzero(kinds == "same").tolist() if self._products[index].shown >= requested]
        exact = [index for index in same if label(query.requested, self._products[index].traits) == "E"]
        differing = np.setdiff1d(np.array(same, np.int64), exact)
        return {
            "E": np.array(exact, np.int64),
            "S": np.concatenate([differing, np.flatnonzero(kinds == "substitute")]),
            "C": np.flatnonzero(kinds == "complement"),
            "I": np.flatnonzero(kinds == "unrelated"),
        }


def _draw(candidates: Indices, matches: npt.NDArray[np.float64], count: int, rng: np.random.Generator) -> list[int]:
    """Draw up to `count` candidates; hard ones, which match requested attributes, are more likely."""
    count = min(count, len(candidates))
    if count <= 0:
        return []
    weights = (0.5 + matches[candidates]) ** 2
    drawn: list[int] = rng.choice(candidates, count, replace=False, p=weights / weights.sum()).tolist()
    return drawn


def _with_noise(given: str, share: float, rng: np.random.Generator) -> str:
    """Return the label, or with probability `share` one of the three others."""
    if rng.random() >= share:
        return given
    others = [other for other in LABELS if other != given]
    return others[int(rng.integers(len(others)))]
