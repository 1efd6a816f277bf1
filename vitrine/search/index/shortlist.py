"""Turns products so that their first coordinates tell most, and measures how many of them choose a shortlist.

Inner products do not change when both sides are turned alike (a principal component analysis without centring), so a
score is the sum of what the leading coordinates say and of what the others do. The leading ones choose a shortlist, and
only there are the others looked at: catalogues vary along few directions, and the rest of a vector costs time to read.

The bias is the first coordinate of a product, and a query has a 1 there: a score is then one inner product.
"""

from dataclasses import dataclass

import numpy as np

from vitrine.search.fusion import Vectors
from vitrine.search.settings import SearchSettings

SAMPLE = 512
"""Queries that show how many coordinates, and how many lists, a recall takes."""

NEIGHBOURS = 10

MAY_LOSE = 0.25
"""Share of the loss that `recall` allows which the leading coordinates may cause. The lists may cause more of it, since
the last neighbours cost more there; some of it is kept for queries that are unlike the sampled ones.
"""

STEP = 32
"""Leading coordinates come in multiples of this: rows of them then start where a processor likes to read."""


@dataclass(frozen=True)
class Rotated:
    """`points` float32 [N, 1 + D], products with their bias in front; `basis` float32 [D, D], orthonormal columns.

    The first `leading` coordinates of a point choose the best `shortlist` products of a query.
    """

    points: Vectors
    basis: Vectors
    leading: int
    shortlist: int

    def asked(self, queries: Vectors) -> Vectors:
        """Queries [Q, D] in the coordinates of the points, float32 [Q, 1 + D]."""
        return turned(queries, np.ones(len(queries), np.float32), self.basis)


def rotate(vectors: Vectors, bias: Vectors, queries: Vectors, settings: SearchSettings) -> Rotated:
    """Turn `vectors` [N, D] with `bias` [N]; a sample of `queries` [Q, D] chooses the leading coordinates."""
    _, basis = np.linalg.eigh(vectors.T @ vectors)  # by growing share of the vectors' squared length
    basis = np.ascontiguousarray(basis[:, ::-1], dtype=np.float32)
    points = turned(vectors, bias, basis)
    shortlist = 2 * max(settings.candidates, settings.top_k)
    sample = sampled(queries, settings.seed)
    asked = turned(sample, np.ones(len(sample), np.float32), basis)
    leading = leading_for(points, asked, shortlist, allowed(settings.recall, MAY_LOSE))
    return Rotated(points, basis, leading, shortlist)


def leading_for(points: Vectors, asked: Vectors, shortlist: int, recall: float) -> int:
    """The fewest leading coordinates whose best `shortlist` hold `recall` of the queries' nearest `NEIGHBOURS`.

    `points` [N, 1 + D] and `asked` [Q, 1 + D] are turned alike. Without queries, all coordinates lead.
    """
    count, width = points.shape
    if len(asked) == 0 or width <= STEP:
        return width
    if count <= shortlist:
        return STEP
    nearest = neighbours(points, asked)
    scores = np.zeros((len(asked), count), np.float32)
    for start in range(0, width - STEP, STEP):
        scores += asked[:, start : start + STEP] @ points[:, start : start + STEP].T
        last = np.partition(scores, count - shortlist, axis=1)[:, count - shortlist]
        if (np.take_along_axis(scores, nearest, axis=1) >= last[:, None]).mean() >= recall:
            return start + STEP
    return width


def neighbours(points: Vectors, asked: Vectors) -> np.ndarray:
    """Rows of the nearest `NEIGHBOURS` points of each query, int64 [Q, at most NEIGHBOURS], in no order."""
    wanted = min(NEIGHBOURS, len(points))
    return np.argpartition(-(asked @ points.T), wanted - 1, axis=1)[:, :wanted]


def sampled(queries: Vectors, seed: int) -> Vectors:
    """At most `SAMPLE` of the queries, float32 [S, D]."""
    rng = np.random.default_rng(seed)
    return queries[rng.permutation(len(queries))[:SAMPLE]]


def allowed(recall: float, share: float) -> float:
    """What a step must find that may lose a `share` of what `recall` lets all steps lose."""
    return 1 - share * (1 - recall)


def turned(vectors: Vectors, first: Vectors, basis: Vectors) -> Vectors:
    """`vectors` [N, D] in the coordinates of `basis` with `first` [N] in front, float32 [N, 1 + D]."""
    return np.concatenate([first[:, None], vectors @ basis], axis=1, dtype=np.float32)
