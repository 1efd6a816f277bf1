"""Groups products into inverted lists, and measures how many of them a query must look into.

The bias is a further coordinate of the product, and a constant 1 of the query: then a product's score is one inner
product, and a centroid's score is the mean score of its list.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.search.fusion import Vectors
from vitrine.search.settings import SearchSettings

SAMPLE = 256
"""Queries that show the recall of a number of probes."""

NEIGHBOURS = 10


@dataclass(frozen=True)
class Partition:
    """`rows` int32 [N] in order of their lists; list i is `rows[starts[i]:starts[i + 1]]`, `starts` int32 [L + 1].

    `centroids` float32 [L, D + 1] includes the bias coordinate; `probes` lists are searched per query.
    """

    rows: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    centroids: Vectors
    probes: int


def partition(vectors: Vectors, bias: Vectors, queries: Vectors, settings: SearchSettings) -> Partition:
    """Cluster `vectors` [N, D] with `bias` [N] by k-means; `queries` [Q, D] choose the number of probes."""
    import faiss

    points = np.ascontiguousarray(np.concatenate([vectors, bias[:, None]], axis=1), dtype=np.float32)
    count = settings.list_count(len(points))
    # Faiss warns below 39 points per centroid; short lists are what we want.
    kmeans = faiss.Kmeans(points.shape[1], count, niter=10, seed=settings.seed + 1, min_points_per_centroid=1)
    kmeans.train(points)
    _, assigned = kmeans.index.search(points, 1)
    return arrange(points, assigned[:, 0], np.asarray(kmeans.centroids), queries, settings)


def arrange(
    points: Vectors, assigned: npt.NDArray[np.int64], centroids: Vectors, queries: Vectors, settings: SearchSettings
) -> Partition:
    """Put the rows in order of their lists and choose the probes.

    However the lists fall, the probed ones hold at least `top_k` products, so that every answer is full.
    """
    used, lists = np.unique(assigned, return_inverse=True)
    sizes = np.bincount(lists)
    rows = np.argsort(lists, kind="stable").astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    wanted = min(settings.top_k, len(points))
    enough = int(np.searchsorted(np.cumsum(np.sort(sizes)), wanted)) + 1
    probes = settings.probes or probes_for(points, lists, centroids[used], queries, settings)
    return Partition(rows, starts, centroids[used], min(max(probes, enough), len(used)))


def probes_for(
    points: Vectors, lists: npt.NDArray[np.int64], centroids: Vectors, queries: Vectors, settings: SearchSettings
) -> int:
    """The fewest lists that hold `settings.recall` of the exact neighbours of sampled queries."""
    rng = np.random.default_rng(settings.seed)
    sample = queries[rng.permutation(len(queries))[:SAMPLE]]
    sample = np.concatenate([sample, np.ones((len(sample), 1), np.float32)], axis=1)
    if len(sample) == 0:
        return len(centroids)
    scores = sample @ points.T
    neighbours = min(NEIGHBOURS, len(points))
    nearest = np.argpartition(-scores, neighbours - 1, axis=1)[:, :neighbours]
    # Rank of each neighbour's list among the query's centroids: it is found when that many lists are probed.
    ranks = np.argsort(np.argsort(-(sample @ centroids.T), axis=1), axis=1)
    needed = np.take_along_axis(ranks, lists[nearest], axis=1) + 1
    return int(np.quantile(needed, settings.recall, method="higher"))
