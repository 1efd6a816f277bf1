"""A short code of each product, its leading coordinates in int8, and measurement of how many are needed.

Inner products do not change when queries and products are rotated alike, and catalogues vary along few directions. So a
product's first coordinates in a principal component analysis (without centring) say nearly all about its rank, and an
index holds these only, a byte each. They choose a shortlist, whose scores are computed from the stored vectors.

Everything is measured on samples and in blocks of rows: the products may be memory-mapped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.search.row_blocks import Rows, RowSource, Vectors, row_blocks, sampled_rows, take_rows
from vitrine.search.settings import SearchSettings

SAMPLE: Final = 512
"""Queries on which the numbers of leading coordinates and of probes are measured."""

SAMPLED_PRODUCTS: Final = 131_072
"""Products on which directions, ranges and the shortlist are measured."""

NEIGHBOURS: Final = 10

SHORTLIST: Final = 4
"""Size of the shortlist in candidates. A longer one needs fewer coordinates, but more steps along links."""

LOSS_SHARE: Final = 0.25
"""The share of the permitted loss of recall that the leading coordinates may cause.

The lists may cause more of it, since the last neighbours cost more there. The rest is reserved for queries that differ
from the sampled ones.
"""

STEP: Final = 32
"""The number of leading coordinates is a multiple of this, so that their rows are aligned in memory."""

LEVELS: Final = 127


@dataclass(frozen=True)
class SampledQueries:
    """A sample of typical queries, float32 [S, D], and the rows of their nearest `NEIGHBOURS`, int64 [S, ≤ 10]."""

    vectors: Vectors
    nearest: Rows

    @classmethod
    def of(cls, queries: RowSource, vectors: RowSource, bias: Vectors, seed: int) -> "SampledQueries":
        """Sample `queries` [Q, D] and find their exact neighbours among `vectors` [N, D] with `bias` [N]."""
        if len(queries) == 0:
            return cls(np.zeros((0, vectors[:1].shape[1]), np.float32), np.zeros((0, 0), np.int64))
        rows = np.random.default_rng(seed).permutation(len(queries))[:SAMPLE]
        sample = np.ascontiguousarray(queries[rows])
        return cls(sample, nearest(sample, vectors, bias, min(NEIGHBOURS, len(vectors)))[1])


@dataclass(frozen=True)
class LeadingCoordinates:
    """Directions of L leading coordinates, and their int8 codes.

    `basis` float32 [D, L] has orthonormal columns; `step` float32 [L] is the difference of one between codes; the first
    `shortlist` products by codes are compared by all coordinates.
    """

    basis: Vectors
    step: Vectors
    shortlist: int

    @property
    def width(self) -> int:
        """L, the number of leading coordinates."""
        return int(self.basis.shape[1])

    def encode(self, coordinates: Vectors) -> npt.NDArray[np.int8]:
        """Return the codes of leading coordinates [n, L], int8 [n, L]."""
        codes: npt.NDArray[np.int8] = np.clip(np.rint(coordinates / self.step), -LEVELS, LEVELS).astype(np.int8)
        return codes


def measure_leading(
    vectors: RowSource, bias: Vectors, queries: SampledQueries, settings: SearchSettings
) -> LeadingCoordinates:
    """Choose directions and their number for `vectors` [N, D] with `bias` [N]."""
    rows = sampled_rows(len(vectors), SAMPLED_PRODUCTS, settings.seed)
    sample = take_rows(vectors, rows)
    _, basis = np.linalg.eigh(sample.T @ sample)  # in ascending order of their share of the squared length
    basis = np.ascontiguousarray(basis[:, ::-1], dtype=np.float32)
    shortlist = SHORTLIST * max(settings.candidates, settings.top_k)
    # Of a sample, an equal share of the shortlist is asked for.
    of_sample = max(1, round(shortlist * len(rows) / len(vectors)))
    recall = required_recall(settings.recall, LOSS_SHARE)
    neighbours = vectors[queries.nearest.ravel()].reshape(*queries.nearest.shape, len(basis))
    near_bias = bias[queries.nearest]

    def enough(width: int) -> bool:
        projected = queries.vectors @ basis[:, :width] @ basis[:, :width].T
        last = nearest(projected, sample, bias[rows], of_sample)[0].min(axis=1, keepdims=True)
        found = np.einsum("qd,qnd->qn", projected, neighbours) + near_bias >= last - 1e-6
        return bool(found.mean() >= recall)

    width = _smallest_width(enough, basis.shape[1]) if len(queries.vectors) and of_sample < len(rows) else None
    basis = np.ascontiguousarray(basis[:, : width or (STEP if len(queries.vectors) else basis.shape[1])])
    coordinates = sample @ basis
    largest = np.abs(coordinates, out=coordinates).max(axis=0)
    step = np.maximum(largest / LEVELS, 1e-12).astype(np.float32)
    return LeadingCoordinates(basis, step, shortlist)


def nearest(queries: Vectors, vectors: RowSource, bias: Vectors, count: int) -> tuple[Vectors, Rows]:
    """Return scores float32 and rows int64, [Q, count] each, of the best of `vectors` [N, D] for queries [Q, D]."""
    import faiss

    asked = np.concatenate([queries, np.ones((len(queries), 1), np.float32)], axis=1, dtype=np.float32)
    scores, rows = np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
    for block in row_blocks(len(vectors)):
        points = np.concatenate([vectors[block], bias[block, None]], axis=1, dtype=np.float32)
        found, places = faiss.knn(asked, points, min(count, len(points)), metric=faiss.METRIC_INNER_PRODUCT)
        scores, rows = np.concatenate([scores, found], axis=1), np.concatenate([rows, places + block.start], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        scores, rows = np.take_along_axis(scores, best, axis=1), np.take_along_axis(rows, best, axis=1)
    return scores, rows


def required_recall(recall: float, share: float) -> float:
    """Return the recall of a step that may cause a `share` of the loss that the overall `recall` permits."""
    return 1 - share * (1 - recall)


def _smallest_width(enough: Callable[[int], bool], dimension: int) -> int:
    """Return the smallest multiple of `STEP` that is enough, by bisection, or else the whole dimension."""
    low, high = 0, -(-dimension // STEP)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle * STEP) else (middle, high)
    return min(high * STEP, dimension)
