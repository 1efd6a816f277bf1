"""Groups products into inverted lists, and measures how many of them a query must look into.

Lists are made, and found, by the leading coordinates of the products (see `vitrine.search.index.shortlist`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.search.fusion import Vectors
from vitrine.search.index.shortlist import Rotated, allowed, neighbours, sampled
from vitrine.search.settings import SearchSettings

MAY_LOSE = 0.7
"""Share of the loss that `recall` allows which unprobed lists may cause (see `vitrine.search.index.shortlist`)."""

POINTS_PER_LIST = 128
"""Products of a list that its centroid is made of; more of them take time and change little."""


@dataclass(frozen=True)
class Partition:
    """`rows` int32 [N] in order of their lists; list i is `rows[starts[i]:starts[i + 1]]`, `starts` int32 [L + 1].

    `centroids` float32 [L, leading] have the bias as their first coordinate; `probes` lists are searched per query.
    """

    rows: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    centroids: Vectors
    probes: int


def partition(rotated: Rotated, queries: Vectors, settings: SearchSettings) -> Partition:
    """Cluster the products by k-means; `queries` [Q, D] choose the number of probes."""
    import faiss

    points = np.ascontiguousarray(rotated.points[:, : rotated.leading])
    count = settings.list_count(len(points))
    # Faiss warns below 39 points per centroid; short lists are what we want.
    kmeans = faiss.Kmeans(
        points.shape[1],
        count,
        niter=10,
        seed=settings.seed + 1,
        min_points_per_centroid=1,
        max_points_per_centroid=POINTS_PER_LIST,
    )
    kmeans.train(points)
    _, assigned = kmeans.index.search(points, 1)
    centroids = stretched(np.asarray(kmeans.centroids), points, assigned[:, 0])
    return arrange(rotated.points, assigned[:, 0], centroids, rotated.asked(sampled(queries, settings.seed)), settings)


def stretched(centroids: Vectors, points: Vectors, assigned: npt.NDArray[np.int64]) -> Vectors:
    """`centroids` [L, K], without the bias as long as the points [N, K] of their lists are on average.

    A mean is shorter than what it is the mean of, and the more so the wider they are spread: by inner product, wide
    lists would be looked into last.
    """
    sizes = np.bincount(assigned, minlength=len(centroids))
    lengths = np.linalg.norm(points[:, 1:], axis=1)
    wanted = np.bincount(assigned, lengths, minlength=len(centroids)) / np.maximum(sizes, 1)
    own = np.linalg.norm(centroids[:, 1:], axis=1)
    scale = np.where(own > 0, wanted / np.maximum(own, 1e-12), 1)[:, None]
    return np.concatenate([centroids[:, :1], centroids[:, 1:] * scale], axis=1, dtype=np.float32)


def arrange(
    points: Vectors, assigned: npt.NDArray[np.int64], centroids: Vectors, asked: Vectors, settings: SearchSettings
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
    probes = settings.probes or probes_for(points, lists, centroids[used], asked, settings.recall)
    return Partition(rows, starts, centroids[used], min(max(probes, enough), len(used)))


def probes_for(points: Vectors, lists: npt.NDArray[np.int64], centroids: Vectors, asked: Vectors, recall: float) -> int:
    """The fewest lists that hold the exact neighbours of the queries `asked` [Q, 1 + D], as far as `recall` asks.

    `points` are [N, 1 + D] and `centroids` [L, leading].
    """
    if len(asked) == 0:
        return len(centroids)
    nearest = neighbours(points, asked)
    # Rank of each neighbour's list among the query's centroids: it is found when that many lists are probed.
    ranks = np.argsort(np.argsort(-(asked[:, : centroids.shape[1]] @ centroids.T), axis=1), axis=1)
    needed = np.take_along_axis(ranks, lists[nearest], axis=1) + 1
    return int(np.quantile(needed, allowed(recall, MAY_LOSE), method="higher"))
