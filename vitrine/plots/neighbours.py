"""Neighbourhoods of vectors: similar groups, vectors that are alone, and vectors that are almost the same."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

SAMPLED: Final = 5000
"""Vectors whose neighbours are looked up; all are neighbours."""

Vectors = npt.NDArray[np.float32]


def group_similarity(vectors: Vectors, members: Mapping[str, npt.NDArray[np.int64]]) -> pd.DataFrame:
    """Return the cosines of the mean vectors of groups, each given by the rows of its members in `vectors` [N, D]."""
    mean = pd.DataFrame({name: vectors[rows].mean(axis=0) for name, rows in members.items()}).T
    mean = mean.div(np.linalg.norm(mean, axis=1), axis=0)
    return mean @ mean.T


def similar_first(similarity: pd.DataFrame) -> list[str]:
    """Return the names of groups in an order in which similar ones are adjacent."""
    from scipy.cluster.hierarchy import leaves_list, linkage  # type: ignore[import-untyped]

    names = [str(name) for name in similarity.index]
    return [names[place] for place in leaves_list(linkage(similarity, "average"))] if len(names) > 1 else names


def nearest_others(
    vectors: Vectors, count: int, seed: int = 0
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Vectors]:
    """Return the nearest other vectors of at most `SAMPLED` rows.

    Args:
        vectors: Vectors of unit length, float32 [N, D], N > `count`.
        count: K, the number of neighbours.
        seed: Seed of the sample.

    Returns:
        The sampled rows, int64 [S], their neighbours, int64 [S, K], nearest first, and the cosines, float32 [S, K].
    """
    import faiss

    sampled = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:SAMPLED])
    similar, nearest = faiss.knn(vectors[sampled], vectors, count + 1, faiss.METRIC_INNER_PRODUCT)
    itself = nearest == sampled[:, None]
    itself[~itself.any(axis=1), -1] = True  # more than `count` have the same vector
    return sampled, nearest[~itself].reshape(-1, count), similar[~itself].reshape(-1, count)
