"""The exact index and the index of inverted lists, inside the graph, in core TensorFlow ops only.

Both hold fused vectors and biases (see `vitrine.search.fusion`) and return the rows of the best products. The model
computes the similarity of those rows again from the products' vectors, in float32.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from vitrine.search.fusion import Vectors
from vitrine.search.index.inverted_lists import Partition, partition
from vitrine.search.index.rotation import RotatedProducts, rotate_products
from vitrine.search.settings import SearchSettings

NO_ROW = -1
"""The row number that fills the result where the probed lists hold fewer products than requested."""

FULL_SCAN_QUERIES = 32
"""Number of queries from which on all lists are scanned by one matrix product instead of probing lists per query."""


class ExactIndex(tf.Module):
    """An index that compares every query with every product by one matrix product and a top-k."""

    def __init__(self, vectors: Vectors, bias: Vectors, precision: str = "float32") -> None:
        """Index `vectors` float32 [N, D] with `bias` float32 [N]."""
        super().__init__()
        self._vectors = tf.Variable(tf.cast(vectors, precision), trainable=False, name="fused_vectors")
        self._bias = tf.Variable(bias, trainable=False, name="bias")

    def candidates(self, query_vectors: tf.Tensor, count: int) -> tf.Tensor:
        """Return the rows of the best `count` ≤ N products, int32 [B, count], best first, for float32 [B, D]."""
        return tf.math.top_k(self.scores(query_vectors), count).indices

    def scores(self, query_vectors: tf.Tensor) -> tf.Tensor:
        """Return the score of every product, float32 [B, N], for float32 [B, D]."""
        queries = tf.cast(query_vectors, self._vectors.dtype)
        return tf.cast(tf.linalg.matmul(queries, self._vectors, transpose_b=True), tf.float32) + self._bias


class RotatedQueries(NamedTuple):
    """Queries in the rotated coordinates: `leading` float32 [B, L] with a 1 in front, `others` [B, 1 + D - L]."""

    leading: tf.Tensor
    others: tf.Tensor


class IvfIndex(tf.Module):
    """An index of inverted lists (Jégou, Douze and Schmid 2011).

    Products are grouped around centroids, and a query is compared with the products of the nearest groups only: first
    by their leading coordinates (see `vitrine.search.index.rotation`), then, for a shortlist, by all coordinates.
    Products are stored in the order of their lists, so a list is a range of rows.
    """

    def __init__(self, rotated: RotatedProducts, lists: Partition, precision: str = "float32") -> None:
        """Index the points of `rotated`, grouped as `lists` says."""
        super().__init__()
        self.probes, self.leading, self.shortlist = lists.probes, rotated.leading, rotated.shortlist
        points = tf.cast(rotated.points[lists.rows], precision)
        self._leading = tf.Variable(points[:, : self.leading], trainable=False, name="leading")
        self._others = tf.Variable(points[:, self.leading :], trainable=False, name="others")
        # The rotation takes two matrix products, since probing needs the result of the first one only.
        first, second = np.split(rotated.basis, [self.leading - 1], axis=1)
        self._first = tf.Variable(np.ascontiguousarray(first), trainable=False, name="leading_basis")
        self._second = tf.Variable(np.ascontiguousarray(second), trainable=False, name="other_basis")
        self._rows = tf.Variable(lists.rows, trainable=False, name="rows")
        self._starts = tf.Variable(lists.starts, trainable=False, name="starts")
        self._centroids = tf.Variable(lists.centroids, trainable=False, name="centroids")

    def candidates(self, query_vectors: tf.Tensor, count: int) -> tf.Tensor:
        """Return the rows of the best `count` products, int32 [B, count], best first, for float32 [B, D].

        Where the probed lists hold fewer than `count` products, the rest is `NO_ROW`.
        """
        queries = self._rotate(query_vectors)
        query_count = tf.shape(query_vectors)[0]
        # One query needs no loop. Many queries would probe most lists one by one; one matrix product is faster.
        return tf.case(
            [
                (tf.equal(query_count, 1), lambda: self._probe(queries, self._nearest_lists(queries)[0], count)),
                (query_count < FULL_SCAN_QUERIES, lambda: self._probe_each(queries, count)),
            ],
            lambda: self._scan_all(queries, count),
        )

    def scores(self, query_vectors: tf.Tensor) -> tf.Tensor:
        """Return the score of every product, float32 [B, N] in row order, for float32 [B, D]; all lists are read."""
        queries = self._rotate(query_vectors)
        by_leading = tf.linalg.matmul(self._stored(queries.leading), self._leading, transpose_b=True)
        by_others = tf.linalg.matmul(self._stored(queries.others), self._others, transpose_b=True)
        scores = tf.cast(by_leading, tf.float32) + tf.cast(by_others, tf.float32)
        return tf.gather(scores, tf.math.invert_permutation(self._rows), axis=1)

    def _rotate(self, query_vectors: tf.Tensor) -> RotatedQueries:
        ones = tf.ones([tf.shape(query_vectors)[0], 1])
        leading = tf.concat([ones, tf.linalg.matmul(query_vectors, self._first)], axis=1)
        return RotatedQueries(leading, tf.linalg.matmul(query_vectors, self._second))

    def _nearest_lists(self, queries: RotatedQueries) -> tf.Tensor:
        """Return the lists to probe, int32 [B, probes]."""
        to_centroids = tf.linalg.matmul(queries.leading, self._centroids, transpose_b=True)
        return tf.math.top_k(to_centroids, self.probes).indices

    def _probe_each(self, queries: RotatedQueries, count: int) -> tf.Tensor:
        def probe(query: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tf.Tensor:
            leading, others, lists = query
            return self._probe(RotatedQueries(leading[tf.newaxis], others[tf.newaxis]), lists, count)[0]

        return tf.map_fn(
            probe,
            (queries.leading, queries.others, self._nearest_lists(queries)),
            fn_output_signature=tf.TensorSpec([count], tf.int32),
        )

    def _scan_all(self, queries: RotatedQueries, count: int) -> tf.Tensor:
        scores = tf.linalg.matmul(self._stored(queries.leading), self._leading, transpose_b=True)
        return self._best(queries, tf.cast(scores, tf.float32), tf.range(tf.size(self._rows)), count)

    def _probe(self, query: RotatedQueries, probed: tf.Tensor, count: int) -> tf.Tensor:
        starts, ends = tf.gather(self._starts, probed), tf.gather(self._starts, probed + 1)
        # A range of rows is a view, not a copy. A loop in the graph would cost more than the work in it.
        begins = tf.unstack(tf.stack([starts, tf.zeros_like(starts)], axis=1))
        sizes = tf.unstack(tf.stack([ends - starts, tf.fill([self.probes], self.leading)], axis=1))
        leading = tf.convert_to_tensor(self._leading)
        lists = [tf.slice(leading, begin, size) for begin, size in zip(begins, sizes, strict=True)]
        column = tf.transpose(self._stored(query.leading))
        scores = tf.transpose(tf.concat([tf.linalg.matmul(points, column) for points in lists], axis=0))
        places = tf.ragged.range(starts, ends).flat_values
        return self._best(query, tf.cast(scores, tf.float32), places, count)

    def _stored(self, values: tf.Tensor) -> tf.Tensor:
        """Cast values to the precision of the stored points."""
        return tf.cast(values, self._leading.dtype)

    def _best(self, queries: RotatedQueries, scores: tf.Tensor, places: tf.Tensor, count: int) -> tf.Tensor:
        """Return the rows of the best points at `places` [P], given their `scores` [B, P] by leading coordinates."""
        size = tf.size(places)
        shortlist = tf.math.top_k(scores, tf.minimum(max(count, self.shortlist), size))
        places = tf.gather(places, shortlist.indices)
        by_others = tf.linalg.matvec(tf.gather(self._others, places), self._stored(queries.others))
        best = tf.math.top_k(shortlist.values + tf.cast(by_others, tf.float32), tf.minimum(count, size)).indices
        rows = tf.gather(self._rows, tf.gather(places, best, batch_dims=1))
        missing = [[0, 0], [0, count - tf.shape(rows)[1]]]
        return tf.ensure_shape(tf.pad(rows, missing, constant_values=NO_ROW), [None, count])


Index = ExactIndex | IvfIndex


def build_index(vectors: Vectors, bias: Vectors, queries: Vectors, settings: SearchSettings) -> Index:
    """Choose and build the index of `vectors` float32 [N, D] and `bias` float32 [N].

    `queries` float32 [Q, D] are vectors of typical queries, on which the number of probes is measured.
    """
    if not settings.inverted(len(vectors)):
        return ExactIndex(vectors, bias, settings.precision)
    rotated = rotate_products(vectors, bias, queries, settings)
    return IvfIndex(rotated, partition(rotated, queries, settings), settings.precision)


def rows_per_query(settings: SearchSettings, count: int) -> tuple[int, int]:
    """Return the numbers of results and of candidates per query for a catalogue of `count` products."""
    top_k = min(settings.top_k, count)
    return top_k, int(np.clip(settings.candidates, top_k, count))
