"""Candidate search inside the graph, in core TensorFlow ops only: exact, or by inverted lists.

Both hold fused vectors and biases (see `vitrine.search.fusion`) and answer the rows of the best products; the model
computes the similarity of those rows again from the products' own vectors, in float32.
"""

import numpy as np
import tensorflow as tf

from vitrine.search.fusion import Vectors
from vitrine.search.partition import Partition, partition
from vitrine.search.settings import SearchSettings

NOTHING = -1
"""The row that fills the answer where the probed lists hold fewer products than were asked for."""


class ExactIndex(tf.Module):
    """Every product is compared with every query: one matrix product and a top-k."""

    def __init__(self, vectors: Vectors, bias: Vectors, precision: str = "float32") -> None:
        """Index `vectors` float32 [N, D] with `bias` float32 [N]."""
        super().__init__()
        self.vectors = tf.Variable(tf.cast(vectors, precision), trainable=False, name="fused_vectors")
        self.bias = tf.Variable(bias, trainable=False, name="bias")

    def candidates(self, query_vectors: tf.Tensor, count: int) -> tf.Tensor:
        """Rows of the best `count` ≤ N products, int32 [B, count], best first, for float32 [B, D]."""
        queries = tf.cast(query_vectors, self.vectors.dtype)
        scores = tf.cast(tf.linalg.matmul(queries, self.vectors, transpose_b=True), tf.float32) + self.bias
        return tf.math.top_k(scores, count).indices


class IvfIndex(tf.Module):
    """Inverted lists (Jégou, Douze and Schmid 2011): products are grouped around centroids, and a query is compared
    with the products of the nearest groups only. Vectors lie in order of their lists, so a list is a range of rows.
    """

    def __init__(self, vectors: Vectors, bias: Vectors, lists: Partition, precision: str = "float32") -> None:
        """Index `vectors` float32 [N, D] with `bias` float32 [N], grouped as `lists` says."""
        super().__init__()
        self.probes = lists.probes
        self.vectors = tf.Variable(tf.cast(vectors[lists.rows], precision), trainable=False, name="fused_vectors")
        self.bias = tf.Variable(bias[lists.rows], trainable=False, name="bias")
        self.rows = tf.Variable(lists.rows, trainable=False, name="rows")
        self._starts = tf.Variable(lists.starts, trainable=False, name="starts")
        self._centroids = tf.Variable(lists.centroids, trainable=False, name="centroids")

    def candidates(self, query_vectors: tf.Tensor, count: int) -> tf.Tensor:
        """Rows of the best `count` products of the probed lists, int32 [B, count], best first, for float32 [B, D].

        Where those lists hold fewer than `count` products, the rest is `NOTHING`.
        """
        ones = tf.ones([tf.shape(query_vectors)[0], 1])
        to_centroids = tf.linalg.matmul(tf.concat([query_vectors, ones], axis=1), self._centroids, transpose_b=True)
        probed = tf.math.top_k(to_centroids, self.probes).indices
        queries = tf.cast(query_vectors, self.vectors.dtype)
        # One query at a time: gathering for a whole batch at once would take B × probed × D floats.
        return tf.map_fn(
            lambda one: self._best(one[0], one[1], count),
            (queries, probed),
            fn_output_signature=tf.TensorSpec([count], tf.int32),
        )

    def _best(self, query: tf.Tensor, probed: tf.Tensor, count: int) -> tf.Tensor:
        places = tf.ragged.range(tf.gather(self._starts, probed), tf.gather(self._starts, probed + 1)).flat_values
        products = tf.linalg.matvec(tf.gather(self.vectors, places), query)
        scores = tf.cast(products, tf.float32) + tf.gather(self.bias, places)
        found = tf.math.top_k(scores, tf.minimum(count, tf.size(places))).indices
        rows = tf.gather(self.rows, tf.gather(places, found))
        return tf.ensure_shape(tf.pad(rows, [[0, count - tf.size(rows)]], constant_values=NOTHING), [count])


Index = ExactIndex | IvfIndex


def build_index(vectors: Vectors, bias: Vectors, queries: Vectors, settings: SearchSettings) -> Index:
    """Choose and build the index of `vectors` float32 [N, D] and `bias` float32 [N].

    `queries` float32 [Q, D] are vectors like those that will be asked: they show how many lists must be probed.
    """
    if not settings.inverted(len(vectors)):
        return ExactIndex(vectors, bias, settings.precision)
    return IvfIndex(vectors, bias, partition(vectors, bias, queries, settings), settings.precision)


def rows_per_query(settings: SearchSettings, count: int) -> tuple[int, int]:
    """Results and candidates per query of a catalogue with `count` products."""
    top_k = min(settings.top_k, count)
    return top_k, int(np.clip(settings.candidates, top_k, count))
