"""The products judged for each query: exact answers beside hard and easy wrong ones, and their labels."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from vitrine.data.sample.label_rules import ATTRIBUTES, label, relation
from vitrine.data.sample.products import Product
from vitrine.data.sample.queries import Query
from vitrine.data.sample.settings import SampleSettings, generator
from vitrine.labels import LABELS

_SHARES: Final = {"E": 0.38, "S": 0.30, "C": 0.17, "I": 1.0}
"""A label's share of a pool, at most, in the order of drawing: irrelevant products fill what the others leave."""


class Pools:
    """Draws the pools of queries from one list of products."""

    def __init__(self, products: Sequence[Product], settings: SampleSettings) -> None:
        self._products = products
        self._settings = settings
        names, self._category = np.unique([product.traits.category for product in products], return_inverse=True)
        self._categories: list[str] = names.tolist()
        self._values = {
            name: np.array([getattr(product.traits, name) or "" for product in products]) for name in ATTRIBUTES
        }

    def judge(self, query: Query) -> list[tuple[int, str]]:
        """The judged pool of a query: (index of the product, label), in random order, with at least one exact answer.

        A product of the category asked for is judged only if its text or picture shows what the query asks: what
        nobody can see, nobody can judge. Label noise spares the product the query was made from.
        """
        rng = generator(self._settings, "pool", int(query.query_id[1:]))
        asked = [name for name in ATTRIBUTES if getattr(query.asks, name)]
        likeness = np.zeros(len(self._products))
        for name in asked:
            likeness += self._values[name] == getattr(query.asks, name)
        size = max(4, round(self._settings.pool * rng.uniform(0.8, 1.2)))
        chosen = [query.anchor]
        for wanted, candidates in self._candidates(query, set(asked)).items():
            room = min(round(size * _SHARES[wanted]) - (wanted == "E"), size - len(chosen))
            chosen += _draw(candidates[candidates != query.anchor], likeness, room, rng)
        judged = [(index, label(query.asks, self._products[index].traits)) for index in chosen]
        judged[1:] = [(index, _with_noise(given, self._settings.label_noise, rng)) for index, given in judged[1:]]
        return [judged[place] for place in rng.permutation(len(judged))]

    def _candidates(self, query: Query, asked: set[str]) -> dict[str, np.ndarray]:
        """Indices of the products that may be judged, int64 arrays by label."""
        kinds = np.array([relation(query.asks.category, name) for name in self._categories])[self._category]
        same = [index for index in np.flatnonzero(kinds == "same").tolist() if self._products[index].shown >= asked]
        exact = [index for index in same if label(query.asks, self._products[index].traits) == "E"]
        differing = np.setdiff1d(np.array(same, np.int64), exact)
        return {
            "E": np.array(exact, np.int64),
            "S": np.concatenate([differing, np.flatnonzero(kinds == "substitute")]),
            "C": np.flatnonzero(kinds == "complement"),
            "I": np.flatnonzero(kinds == "unrelated"),
        }


def _draw(candidates: np.ndarray, likeness: np.ndarray, room: int, rng: np.random.Generator) -> list[int]:
    """Up to `room` candidates, those that share an attribute with the query more often: they are the hard ones."""
    count = min(room, len(candidates))
    if count <= 0:
        return []
    weights = (0.5 + likeness[candidates]) ** 2
    drawn: list[int] = rng.choice(candidates, count, replace=False, p=weights / weights.sum()).tolist()
    return drawn


def _with_noise(given: str, share: float, rng: np.random.Generator) -> str:
    """The label, or with probability `share` one of the three others."""
    if rng.random() >= share:
        return given
    others = [other for other in LABELS if other != given]
    return others[int(rng.integers(len(others)))]
