"""Candidate search inside the graph, in core TensorFlow ops only: exact, or by inverted lists.

Both hold fused vectors and biases (see `vitrine.search.fusion`) and answer the rows of the best products; the
model computes the similarity of those rows again from the products' own vectors, in float32.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from vitrine.search.fusion import Vectors
from vitrine.search.index.inverted_lists import Partition, partition
from vitrine.search.index.shortlist import Rotated, rotate
from vitrine.search.settings import SearchSettings

NOTHING = -1
"""The row that fills the answer where the probed lists hold fewer products than were asked for."""

MANY = 32
"""Queries from which on the inverted lists are not looked at one by one."""


class ExactIndex(tf.Module):
    """Every product is compared with every query: one matrix product and a top-k."""

    def __init__(self, vectors: Vectors, bias: Vectors, precision: str = "float32") -> None:
        """Index `vectors` float32 [N, D] with `bias` float32 [N]."""
        super().__init__()
        self._vectors = tf.Variable(tf.cast(vectors, precision), trainable=False, name="fused_vectors")
        self._bias = tf.Variable(bias, trainable=False, name="bias")

    def candidates(self, query_vectors: tf.Tensor, count: int) -> tf.Tensor:
        """Rows of the best `count` ≤ N products, int32 [B, count], best first, for float32 [B, D]."""
        return tf.math.top_k(self.scores(query_vectors), count).indices

    def scores(self, query_vectors: tf.Tensor) -> tf.Tensor:
        """The score of every product, float32 [B, N], for float32 [B, D]."""
        queries = tf.cast(query_vectors, self._vectors.dtype)
        return tf.cast(tf.linalg.matmul(queries, self._vectors, transpose_b=True), tf.float32) + self._bias


class Asked(NamedTuple):
    """Queries in the coordinates of the points: `leading` float32 [B, L] with a 1 in front, `others` [B, 1 + D - L]."""

    leading: tf.Tensor
    others: tf.Tensor


class IvfIndex(tf.Module):
    """Inverted lists (Jégou, Douze and Schmid 2011): products are grouped around centroids, and a query is compared
    with the products of the nearest groups only, first by their leading coordinates (see
    `vitrine.search.index.shortlist`) and then, the best of them, by all. Products lie in order of their lists, so a
    list is a range of rows.
    """

    def __init__(self, rotated: Rotated, lists: Partition, precision: str = "float32") -> None:
        """Index the points of `rotated`, grouped as `lists` says."""
        super().__init__()
        self.probes, self.leading, self.shortlist = lists.probes, rotated.leading, rotated.shortlist
        points = tf.cast(rotated.points[lists.rows], precision)
        self._leading = tf.Variable(points[:, : self.leading], trainable=False, name="leading")
        self._others = tf.Variable(points[:, self.leading :], trainable=False, name="others")
        # Two products: the lists wait for the first one only.
        first, second = np.split(rotated.basis, [self.leading - 1], axis=1)
        self._first = tf.Variable(np.ascontiguousarray(first), trainable=False, name="leading_basis")
        self._second = tf.Variable(np.ascontiguousarray(second), trainable=False, name="other_basis")
        self._rows = tf.Variable(lists.rows, trainable=False, name="rows")
        self._starts = tf.Variable(lists.starts, trainable=False, name="starts")
        self._centroids = tf.Variable(lists.centroids, trainable=False, name="centroids")

    def candidates(self, query_vectors: tf.Tensor, count: int) -> tf.Tensor:
        """Rows of the best `count` products, int32 [B, count], best first, for float32 [B, D].

        Where the probed lists hold fewer than `count` products, the rest is `NOTHING`.
        """
        asked = self._asked(query_vectors)
        queries = tf.shape(query_vectors)[0]
        # One query needs no loop. Many queries together would look into most lists, each
        # on its own: one matrix product is faster then.
        return tf.case(
            [
                (tf.equal(queries, 1), lambda: self._probe(asked, self._probed(asked)[0], count)),
                (queries < MANY, lambda: self._in_turn(asked, count)),
            ],
            lambda: self._in_all(asked, count),
        )

    def scores(self, query_vectors: tf.Tensor) -> tf.Tensor:
        """The score of every product, float32 [B, N] in row order, for float32 [B, D]: all lists are read."""
        asked = self._asked(query_vectors)
        by_leading = tf.linalg.matmul(self._stored(asked.leading), self._leading, transpose_b=True)
        by_others = tf.linalg.matmul(self._stored(asked.others), self._others, transpose_b=True)
        found = tf.cast(by_leading, tf.float32) + tf.cast(by_others, tf.float32)
        return tf.gather(found, tf.math.invert_permutation(self._rows), axis=1)

    def _asked(self, query_vectors: tf.Tensor) -> Asked:
        ones = tf.ones([tf.shape(query_vectors)[0], 1])
        leading = tf.concat([ones, tf.linalg.matmul(query_vectors, self._first)], axis=1)
        return Asked(leading, tf.linalg.matmul(query_vectors, self._second))

    def _probed(self, asked: Asked) -> tf.Tensor:
        """The lists to look into, int32 [B, probes]."""
        to_centroids = tf.linalg.matmul(asked.leading, self._centroids, transpose_b=True)
        return tf.math.top_k(to_centroids, self.probes).indices

    def _in_turn(self, asked: Asked, count: int) -> tf.Tensor:
        return tf.map_fn(
            lambda one: self._probe(Asked(one[0][tf.newaxis], one[1][tf.newaxis]), one[2], count)[0],
            (asked.leading, asked.others, self._probed(asked)),
            fn_output_signature=tf.TensorSpec([count], tf.int32),
        )

    def _in_all(self, asked: Asked, count: int) -> tf.Tensor:
        scores = tf.linalg.matmul(self._stored(asked.leading), self._leading, transpose_b=True)
        return self._best(asked, tf.cast(scores, tf.float32), tf.range(tf.size(self._rows)), count)

    def _probe(self, asked: Asked, probed: tf.Tensor, count: int) -> tf.Tensor:
        starts, ends = tf.gather(self._starts, probed), tf.gather(self._starts, probed + 1)
        # A range of rows is a view and no copy. A loop in the graph would cost more than the work in it.
        begins = tf.unstack(tf.stack([starts, tf.zeros_like(starts)], axis=1))
        sizes = tf.unstack(tf.stack([ends - starts, tf.fill([self.probes], self.leading)], axis=1))
        leading = tf.convert_to_tensor(self._leading)
        lists = [tf.slice(leading, *each) for each in zip(begins, sizes, strict=True)]
        query = tf.transpose(self._stored(asked.leading))
        scores = tf.transpose(tf.concat([tf.linalg.matmul(each, query) for each in lists], axis=0))
        places = tf.ragged.range(starts, ends).flat_values
        return self._best(asked, tf.cast(scores, tf.float32), places, count)

    def _stored(self, values: tf.Tensor) -> tf.Tensor:
        """In the precision of the points."""
        return tf.cast(values, self._leading.dtype)

    def _best(self, asked: Asked, scores: tf.Tensor, places: tf.Tensor, count: int) -> tf.Tensor:
        """Rows of the best of the points at `places` [P], which have the leading `scores` [B, P]."""
        size = tf.size(places)
        short = tf.math.top_k(scores, tf.minimum(max(count, self.shortlist), size))
        places = tf.gather(places, short.indices)
        by_others = tf.linalg.matvec(tf.gather(self._others, places), self._stored(asked.others))
        found = tf.math.top_k(short.values + tf.cast(by_others, tf.float32), tf.minimum(count, size)).indices
        rows = tf.gather(self._rows, tf.gather(places, found, batch_dims=1))
        missing = [[0, 0], [0, count - tf.shape(rows)[1]]]
        return tf.ensure_shape(tf.pad(rows, missing, constant_values=NOTHING), [None, count])


Index = ExactIndex | IvfIndex


def build_index(vectors: Vectors, bias: Vectors, queries: Vectors, settings: SearchSettings) -> Index:
    """Choose and build the index of `vectors` float32 [N, D] and `bias` float32 [N].

    `queries` float32 [Q, D] are vectors like those that will be asked: they show how many lists must be probed.
    """
    if not settings.inverted(len(vectors)):
        return ExactIndex(vectors, bias, settings.precision)
    rotated = rotate(vectors, bias, queries, settings)
    return IvfIndex(rotated, partition(rotated, queries, settings), settings.precision)


def rows_per_query(settings: SearchSettings, count: int) -> tuple[int, int]:
    """Results and candidates per query of a catalogue with `count` products."""
    top_k = min(settings.top_k, count)
    return top_k, int(np.clip(settings.candidates, top_k, count))
