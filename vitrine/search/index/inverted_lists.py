"""Partition of products into inverted lists, and measurement of the lists that a query must probe.

Lists are built and probed by the leading coordinates of the products (see `vitrine.search.index.rotation`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.search.fusion import Vectors
from vitrine.search.index.rotation import RotatedProducts, neighbours, required_recall, sampled
from vitrine.search.settings import SearchSettings

LOSS_SHARE = 0.7
"""The share of the permitted loss of recall that unprobed lists may cause (see `vitrine.search.index.rotation`)."""

POINTS_PER_LIST = 128
"""Products per list that k-means samples; more take time and change little."""


@dataclass(frozen=True)
class Partition:
    """A partition of N products into L lists.

    `rows` int32 [N] are in order of their lists: list i is `rows[starts[i]:starts[i + 1]]`, with `starts` int32
    [L + 1]. `centroids` float32 [L, leading] have the bias as their first coordinate. `probes` lists are searched per
    query.
    """

    rows: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    centroids: Vectors
    probes: int


def partition(rotated: RotatedProducts, queries: Vectors, settings: SearchSettings) -> Partition:
    """Cluster the products by k-means; `queries` [Q, D] choose the number of probes."""
    import faiss

    points = np.ascontiguousarray(rotated.points[:, : rotated.leading])
    count = settings.list_count(len(points))
    # FAISS warns below 39 points per centroid, but short lists are intended.
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
    centroids = rescaled(np.asarray(kmeans.centroids), points, assigned[:, 0])
    sample = rotated.rotate_queries(sampled(queries, settings.seed))
    return arrange(rotated.points, assigned[:, 0], centroids, sample, settings)


def rescaled(centroids: Vectors, points: Vectors, assigned: npt.NDArray[np.int64]) -> Vectors:
    """Scale the centroids [L, K], without the bias, to the mean length of the points [N, K] of their lists.

    A mean is shorter than the points that it is taken of, the more so the wider they are spread. By inner product,
    wide lists would be probed last.
    """
    sizes = np.bincount(assigned, minlength=len(centroids))
    lengths = np.linalg.norm(points[:, 1:], axis=1)
    target = np.bincount(assigned, lengths, minlength=len(centroids)) / np.maximum(sizes, 1)
    current = np.linalg.norm(centroids[:, 1:], axis=1)
    scale = np.where(current > 0, target / np.maximum(current, 1e-12), 1)[:, None]
    return np.concatenate([centroids[:, :1], centroids[:, 1:] * scale], axis=1, dtype=np.float32)


def arrange(
    points: Vectors, assigned: npt.NDArray[np.int64], centroids: Vectors, queries: Vectors, settings: SearchSettings
) -> Partition:
    """Put the rows in order of their lists and choose the number of probes.

    The probed lists always hold at least `top_k` products together, so that every result is full.
    """
    used, lists = np.unique(assigned, return_inverse=True)
    sizes = np.bincount(lists)
    rows = np.argsort(lists, kind="stable").astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    wanted = min(settings.top_k, len(points))
    enough = int(np.searchsorted(np.cumsum(np.sort(sizes)), wanted)) + 1
    probes = settings.probes or required_probes(points, lists, centroids[used], queries, settings.recall)
    return Partition(rows, starts, centroids[used], min(max(probes, enough), len(used)))


def required_probes(
    points: Vectors, lists: npt.NDArray[np.int64], centroids: Vectors, queries: Vectors, recall: float
) -> int:
    """Return the smallest number of probes that finds the share `recall` of the queries' exact neighbours.

    `points` are [N, 1 + D], `centroids` [L, leading], and `queries` [Q, 1 + D] in rotated coordinates.
    """
    if len(queries) == 0:
        return len(centroids)
    nearest = neighbours(points, queries)
    # The rank of a neighbour's list among the query's centroids is the number of probes with which it is found.
    ranks = np.argsort(np.argsort(-(queries[:, : centroids.shape[1]] @ centroids.T), axis=1), axis=1)
    needed = np.take_along_axis(ranks, lists[nearest], axis=1) + 1
    return int(np.quantile(needed, required_recall(recall, LOSS_SHARE), method="higher"))
