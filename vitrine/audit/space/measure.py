"""Measures of a space of vectors: gibberish beside queries, products that are alone, and products almost the same."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.audit.space.vectors import Space, Vectors
from vitrine.metrics.bootstrap import Estimate, estimate
from vitrine.plots.neighbours import nearest_others

NEIGHBOURS: Final = 5
SAME: Final = 0.99
"""Cosine from which two products are almost the same to the encoder."""
_RESAMPLES: Final = 500


@dataclass(frozen=True)
class Neighbourhoods:
    """Neighbours of products.

    Attributes:
        alone: The product's row and its mean cosine with the nearest ones, the most isolated first.
        same: Two products' rows and their cosine, the nearest first.
        with_same: The share of products with one that is almost the same.
        products: The number of products whose neighbours were looked up.
    """

    alone: list[tuple[int, float]]
    same: list[tuple[int, int, float]]
    with_same: Estimate
    products: int


def neighbourhoods(vectors: Vectors, seed: int) -> Neighbourhoods | None:
    """Look up the neighbours of products, float32 [N, D]; None for too few products."""
    if len(vectors) <= NEIGHBOURS + 1:
        return None
    rows, nearest, similar = nearest_others(vectors, NEIGHBOURS, seed)
    mean = similar.mean(axis=1)
    order = np.argsort(mean, kind="stable")
    pairs = {
        (min(row, other), max(row, other)): float(cosine)
        for row, other, cosine in zip(rows.tolist(), nearest[:, 0].tolist(), similar[:, 0].tolist(), strict=True)
    }
    same = sorted(((first, second, cosine) for (first, second), cosine in pairs.items()), key=lambda pair: -pair[2])
    return Neighbourhoods(
        [(int(rows[place]), float(mean[place])) for place in order],
        [pair for pair in same if pair[2] >= SAME],
        estimate((similar[:, 0] >= SAME).astype(float)),
        len(rows),
    )


def nearest_similarity(queries: Vectors, products: Vectors) -> npt.NDArray[np.float64]:
    """Return the cosine of each query with its nearest product, float64 [Q]; both have rows of unit length."""
    import faiss

    if not len(queries):
        return np.empty(0)
    similar, _ = faiss.knn(queries, products, 1, faiss.METRIC_INNER_PRODUCT)
    return np.asarray(similar[:, 0], float)


def separation(space: Space, seed: int) -> Estimate | None:
    """Return the area under the ROC curve by which nearness to a product tells queries from gibberish.

    0.5: not at all; 1: every query is nearer than any gibberish. The interval resamples both sides.
    """
    from scipy.stats import mannwhitneyu  # type: ignore[import-untyped]

    real = nearest_similarity(space.query_vectors, space.products)
    junk = nearest_similarity(space.gibberish, space.products)
    if not real.size or not junk.size:
        return None
    rng = np.random.default_rng(seed)
    drawn = [
        mannwhitneyu(rng.choice(real, real.size), rng.choice(junk, junk.size)).statistic for _ in range(_RESAMPLES)
    ]
    pairs = real.size * junk.size
    low, high = np.percentile(drawn, [2.5, 97.5]) / pairs
    return Estimate(float(mannwhitneyu(real, junk).statistic / pairs), float(low), float(high))
