"""Partition of products into inverted lists, and measurement of the lists that a query must probe.

Lists are built and probed by the leading coordinates of the products (see `vitrine.search.index.leading_coordinates`)
with the bias in front, so that a score is one inner product with a query that has a 1 in front.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from vitrine.search.index.leading_coordinates import (
    LeadingCoordinates,
    SampledQueries,
    measure_leading,
    required_recall,
)
from vitrine.search.index.links import Links, build_links
from vitrine.search.row_blocks import RowSource, Vectors, row_blocks, sampled_rows
from vitrine.search.settings import SearchSettings

if TYPE_CHECKING:
    import faiss

LOSS_SHARE: Final = 0.7
"""The share of the permitted loss of recall that unprobed lists may cause."""

POINTS_PER_LIST: Final = 40
"""Products per list that k-means samples; more take time and change little."""

ITERATIONS: Final = 10

LINKED_FROM: Final = 10_000
"""Products that searches by lists alone would read, from which on they follow links instead, which reads some 8,000."""


@dataclass(frozen=True)
class Partition:
    """A partition of N products into L lists.

    `rows` int32 [N] are in order of their lists: list i is `rows[starts[i]:starts[i + 1]]`, with `starts` int32
    [L + 1]. `centroids` float32 [L, 1 + width] have the bias as their first coordinate. `probes` lists are searched per
    query if it follows no links; any `fewest` lists hold `top_k` products.
    """

    rows: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    centroids: Vectors
    probes: int
    fewest: int

    @property
    def reads(self) -> float:
        """The mean number of products in `probes` lists."""
        return self.probes * len(self.rows) / len(self.centroids)

    @property
    def assigned(self) -> npt.NDArray[np.int64]:
        """The list of each product, int64 [N]."""
        assigned = np.empty(len(self.rows), np.int64)
        assigned[self.rows] = np.repeat(np.arange(len(self.centroids)), np.diff(self.starts))
        return assigned


@dataclass(frozen=True)
class InvertedLists:
    """Products as an index needs them: their partition, and by row their `codes` int8 [N, L] and `bias` [N].

    `sample` are typical queries. `links` int32 [N, links] are from and to places in the order of the lists.
    """

    leading: LeadingCoordinates
    partition: Partition
    codes: npt.NDArray[np.int8]
    bias: Vectors
    sample: SampledQueries
    links: Links | None = None

    @property
    def centroids(self) -> Vectors:
        """The centroids in the coordinates of the products with the bias behind, float32 [L, D + 1]."""
        bias, leading = self.partition.centroids[:, :1], self.partition.centroids[:, 1:]
        return np.concatenate([leading @ self.leading.basis.T, bias], axis=1)


def build_lists(vectors: RowSource, bias: Vectors, queries: RowSource, settings: SearchSettings) -> InvertedLists:
    """Cluster `vectors` [N, D] with `bias` [N]; typical `queries` [Q, D] size the codes and choose the probes."""
    sample = SampledQueries.of(queries, vectors, bias, settings.seed)
    leading = measure_leading(vectors, bias, sample, settings)
    quantizer = train(vectors, bias, leading, settings)
    codes = np.empty((len(vectors), leading.width), np.int8)
    assigned, lengths = np.empty(len(vectors), np.int64), np.empty(len(vectors), np.float32)
    for block in row_blocks(len(vectors)):
        coordinates = vectors[block] @ leading.basis
        codes[block], lengths[block] = leading.encode(coordinates), np.linalg.norm(coordinates, axis=1)
        assigned[block] = quantizer.search(with_bias(coordinates, bias[block]), 1)[1][:, 0]
    centroids = quantizer.reconstruct_n(0, quantizer.ntotal)
    centroids = rescaled(centroids, lengths, assigned)
    return InvertedLists(leading, arrange(assigned, centroids, leading, sample, settings), codes, bias, sample)


def with_links(lists: InvertedLists, settings: SearchSettings) -> InvertedLists:
    """Return `lists` with the links of `settings`, unless lists alone read few products, or without sampled queries."""
    partition = lists.partition
    if not settings.links or len(lists.sample.vectors) == 0 or partition.reads < LINKED_FROM:
        return lists
    return replace(lists, links=build_links(lists.codes[partition.rows], lists.leading, settings.links, settings.seed))


def train(vectors: RowSource, bias: Vectors, leading: LeadingCoordinates, settings: SearchSettings) -> "faiss.Index":
    """Return a FAISS index of the centroids of k-means on a sample of the products."""
    import faiss

    count = settings.list_count(len(vectors))
    rows = sampled_rows(len(vectors), POINTS_PER_LIST * count, settings.seed + 1)
    points = np.concatenate(
        [with_bias(vectors[rows[block]] @ leading.basis, bias[rows[block]]) for block in row_blocks(len(rows))]
    )
    # FAISS warns below 39 points per centroid, but short lists are intended.
    kmeans = faiss.Kmeans(
        points.shape[1],
        count,
        niter=ITERATIONS,
        seed=settings.seed + 1,
        min_points_per_centroid=1,
        max_points_per_centroid=POINTS_PER_LIST,
    )
    kmeans.train(points)
    return kmeans.index


def with_bias(coordinates: Vectors, bias: Vectors) -> Vectors:
    """Return coordinates [n, L] with `bias` [n] in front, float32 [n, 1 + L]."""
    return np.concatenate([bias[:, None], coordinates], axis=1, dtype=np.float32)


def rescaled(centroids: Vectors, lengths: Vectors, assigned: npt.NDArray[np.int64]) -> Vectors:
    """Scale the centroids [L, K], without the bias, to the mean of the `lengths` [N] of the points of their lists.

    A mean is shorter than the points that it is taken of, the more so the wider they are spread. By inner product,
    wide lists would be probed last.
    """
    sizes = np.bincount(assigned, minlength=len(centroids))
    target = np.bincount(assigned, lengths, minlength=len(centroids)) / np.maximum(sizes, 1)
    current = np.linalg.norm(centroids[:, 1:], axis=1)
    scale = np.where(current > 0, target / np.maximum(current, 1e-12), 1)[:, None]
    return np.concatenate([centroids[:, :1], centroids[:, 1:] * scale], axis=1, dtype=np.float32)


def arrange(
    assigned: npt.NDArray[np.int64],
    centroids: Vectors,
    leading: LeadingCoordinates,
    queries: SampledQueries,
    settings: SearchSettings,
) -> Partition:
    """Put the rows in order of their lists and choose the number of probes.

    The probed lists always hold at least `top_k` products together, so that every result is full.
    """
    used, lists = np.unique(assigned, return_inverse=True)
    sizes = np.bincount(lists)
    rows = np.argsort(lists, kind="stable").astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    wanted = min(settings.top_k, len(assigned))
    enough = int(np.searchsorted(np.cumsum(np.sort(sizes)), wanted)) + 1
    probes = settings.probes or required_probes(lists, centroids[used], leading, queries, settings.recall)
    return Partition(rows, starts, centroids[used], min(max(probes, enough), len(used)), min(enough, len(used)))


def required_probes(
    lists: npt.NDArray[np.int64],
    centroids: Vectors,
    leading: LeadingCoordinates,
    queries: SampledQueries,
    recall: float,
) -> int:
    """Return the smallest number of probes that finds the share `recall` of the queries' exact neighbours."""
    if len(queries.vectors) == 0:
        return len(centroids)
    asked = with_bias(queries.vectors @ leading.basis, np.ones(len(queries.vectors), np.float32))
    # The rank of a neighbour's list among the query's centroids is the number of probes with which it is found.
    ranks = np.argsort(np.argsort(-(asked @ centroids.T), axis=1), axis=1)
    needed = np.take_along_axis(ranks, lists[queries.nearest], axis=1) + 1
    return int(np.quantile(needed, required_recall(recall, LOSS_SHARE), method="higher"))
