"""Rotation of products so that a few leading coordinates choose a shortlist, and measurement of how many are needed.

Inner products do not change when queries and products are rotated alike (a principal component analysis without
centring), so a score is the sum over the leading and over the other coordinates. The leading coordinates choose a
shortlist, and the others are read for the shortlist only: catalogues vary along few directions, and reading the rest of
a vector costs time.

The bias is the first coordinate of a product and 1 that of a query, so a score is one inner product.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.search.fusion import Vectors
from vitrine.search.settings import SearchSettings

SAMPLE = 512
"""Queries on which the numbers of leading coordinates and of probes are measured."""

NEIGHBOURS = 10

LOSS_SHARE = 0.25
"""The share of the permitted loss of recall that the leading coordinates may cause.

The lists may cause more of it, since the last neighbours cost more there. The rest is reserved for queries that differ
from the sampled ones.
"""

STEP = 32
"""The number of leading coordinates is a multiple of this, so that their rows are aligned in memory."""


@dataclass(frozen=True)
class RotatedProducts:
    """Rotated products: `points` float32 [N, 1 + D], bias first, and `basis` float32 [D, D] with orthonormal columns.

    The first `leading` coordinates of a point choose the best `shortlist` products of a query.
    """

    points: Vectors
    basis: Vectors
    leading: int
    shortlist: int

    def rotate_queries(self, queries: Vectors) -> Vectors:
        """Return queries [Q, D] in the coordinates of the points, float32 [Q, 1 + D]."""
        return _rotate(queries, np.ones(len(queries), np.float32), self.basis)


def rotate_products(vectors: Vectors, bias: Vectors, queries: Vectors, settings: SearchSettings) -> RotatedProducts:
    """Rotate `vectors` [N, D] with `bias` [N]; a sample of `queries` [Q, D] chooses the leading coordinates."""
    _, basis = np.linalg.eigh(vectors.T @ vectors)  # in ascending order of their share of the squared length
    basis = np.ascontiguousarray(basis[:, ::-1], dtype=np.float32)
    points = _rotate(vectors, bias, basis)
    shortlist = 2 * max(settings.candidates, settings.top_k)
    sample = sampled(queries, settings.seed)
    sample = _rotate(sample, np.ones(len(sample), np.float32), basis)
    leading = leading_coordinates(points, sample, shortlist, required_recall(settings.recall, LOSS_SHARE))
    return RotatedProducts(points, basis, leading, shortlist)


def leading_coordinates(points: Vectors, queries: Vectors, shortlist: int, recall: float) -> int:
    """Return the smallest number of leading coordinates whose shortlist has `recall` of the nearest `NEIGHBOURS`.

    `points` [N, 1 + D] and `queries` [Q, 1 + D] are rotated alike. Without queries, all coordinates are leading.
    """
    count, width = map(int, points.shape)
    if len(queries) == 0 or width <= STEP:
        return width
    if count <= shortlist:
        return STEP
    nearest = neighbours(points, queries)
    scores = np.zeros((len(queries), count), np.float32)
    for start in range(0, width - STEP, STEP):
        scores += queries[:, start : start + STEP] @ points[:, start : start + STEP].T
        last = np.partition(scores, count - shortlist, axis=1)[:, count - shortlist]
        if (np.take_along_axis(scores, nearest, axis=1) >= last[:, None]).mean() >= recall:
            return start + STEP
    return width


def neighbours(points: Vectors, queries: Vectors) -> npt.NDArray[np.int64]:
    """Return the rows of the nearest `NEIGHBOURS` points of each query, int64 [Q, at most NEIGHBOURS], unordered."""
    count = min(NEIGHBOURS, len(points))
    return np.argpartition(-(queries @ points.T), count - 1, axis=1)[:, :count]


def sampled(queries: Vectors, seed: int) -> Vectors:
    """Return a random sample of at most `SAMPLE` queries, float32 [S, D]."""
    rng = np.random.default_rng(seed)
    return queries[rng.permutation(len(queries))[:SAMPLE]]


def required_recall(recall: float, share: float) -> float:
    """Return the recall of a step that may cause a `share` of the loss that the overall `recall` permits."""
    return 1 - share * (1 - recall)


def _rotate(vectors: Vectors, first: Vectors, basis: Vectors) -> Vectors:
    """Return `vectors` [N, D] in the coordinates of `basis` with `first` [N] in front, float32 [N, 1 + D]."""
    return np.concatenate([first[:, None], vectors @ basis], axis=1, dtype=np.float32)
