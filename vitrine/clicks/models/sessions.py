"""Searches as matrices of positions and searches, the input of the click models."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vitrine.clicks.impressions import Impressions

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
ABSENT = -1


@dataclass(frozen=True)
class Sessions:
    """S searches whose lists have at most L products.

    Attributes:
        pair: int64 [L, S], the number of the pair of query and product, in the order of the list; -1 below its end.
        position: int64 [L, S], the position from 0 at which it was shown. Positions have gaps where impressions were
            left out, and begin later on later pages.
        clicked: bool [L, S].
        weight: float64 [S], what a search counts.
        user: int64 [S].
        pairs: the number of pairs, P.
    """

    pair: Ints
    position: Ints
    clicked: Mask
    weight: Floats
    user: Ints
    pairs: int

    @property
    def shown(self) -> Mask:
        """The mask of places with a product, bool [L, S]."""
        return self.pair >= 0

    @property
    def lengths(self) -> Ints:
        """The number of products of each list, int64 [S]."""
        return np.asarray(self.shown.sum(0), np.int64)

    def take(self, kept: Mask | Ints) -> "Sessions":
        """Return the searches in `kept`, bool [S] or numbers."""
        return replace(
            self,
            pair=self.pair[:, kept],
            position=self.position[:, kept],
            clicked=self.clicked[:, kept],
            weight=self.weight[kept],
            user=self.user[kept],
        )


def sums(values: Floats, number: Ints, count: int) -> Floats:
    """Return the sum of the values of each number in [0, `count`), float64 [count]; both arguments are [N]."""
    return np.asarray(np.bincount(number, values, count), np.float64)


def sessions_of(impressions: Impressions, pair: Ints, pairs: int, weight: Floats) -> Sessions:
    """Arrange impressions as sessions.

    Args:
        impressions: N impressions, by search and position.
        pair: int64 [N], the number of the pair of each impression, in [0, `pairs`).
        pairs: P.
        weight: float64 [S], what each search counts.
    """
    numbers, session = np.unique(impressions.search, return_inverse=True)
    order = np.lexsort((impressions.position, session))
    counts = np.bincount(session, minlength=len(numbers))
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = (int(counts.max(initial=1)), len(numbers))
    cells = place, session[order]
    matrix = np.full(shape, ABSENT, np.int64)
    position, clicked = np.zeros(shape, np.int64), np.zeros(shape, bool)
    matrix[cells] = pair[order]
    position[cells] = impressions.position[order]
    clicked[cells] = impressions.clicked[order]
    return Sessions(matrix, position, clicked, weight[numbers], impressions.user[numbers], pairs)
