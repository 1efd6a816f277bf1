"""Diversity of a ranking: maximal marginal relevance (Carbonell and Goldstein 1998) over candidates and their scores.

With a diversity d in [0, 1], the next product is the one with the largest

    (1 − d) × score − d × (largest cosine with a product that is already placed)

0 keeps the order of the scores, and 1 places the product that is least like those before it. The cosine of two products
is that of their text vectors or of their image vectors, the mean where both have both, and 0 where they share neither.
The first product is always the one with the highest score.
"""

from typing import Final

import tensorflow as tf

from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.stored_vectors import ProductVectors

_ABSENT: Final = -10.0
"""Relevance of a row without a product: below the marginal relevance of any product, which is at least −1."""


def diverse_order(
    vectors: ProductVectors, rows: tf.Tensor, score: tf.Tensor, diversity: tf.Tensor, count: int | tf.Tensor
) -> tf.Tensor:
    """Return the first `count` places of `rows` int32 [B, R] in the diverse order, int32 [B, count].

    `score` float32 [B, R] are in [0, 1] and `diversity` float32 [B] is limited to it. Of equal products the earlier one
    comes first. Rows that are `NO_ROW` come last, in their order.
    """
    share = tf.clip_by_value(diversity, 0.0, 1.0)[:, tf.newaxis]
    relevance = tf.where(rows == NO_ROW, _ABSENT, (1 - share) * score)
    cosines, size = _cosines(vectors, rows), tf.shape(rows)[1]

    def place_next(
        number: tf.Tensor, places: tf.Tensor, redundancy: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        marginal = relevance - share * tf.where(number == 0, -score, redundancy)  # the first has the highest score
        marginal = tf.where(places == size, marginal, tf.float32.min)
        best = tf.argmax(marginal, axis=1, output_type=tf.int32)
        places = tf.where(tf.range(size) == best[:, tf.newaxis], number, places)
        return number + 1, places, tf.maximum(redundancy, tf.gather(cosines, best, batch_dims=1))

    nothing_placed = (tf.constant(0), tf.fill(tf.shape(rows), size), -tf.ones_like(relevance))
    _, places, _ = tf.while_loop(lambda number, *_: number < count, place_next, nothing_placed)
    return tf.argsort(places, axis=1, stable=True)[:, :count]


def _cosines(vectors: ProductVectors, rows: tf.Tensor) -> tf.Tensor:
    """Return the cosines float32 [B, R, R] of the products of `rows` with each other."""
    known = tf.maximum(rows, 0)
    total, sides = tf.constant(0.0), tf.constant(0.0)
    for side, given in zip((1, 2), vectors.gather(known), strict=True):
        if given is None:
            continue
        has = tf.cast(vectors.has(side, known), tf.float32)
        shared = has[:, :, tf.newaxis] * has[:, tf.newaxis, :]
        unit = tf.math.l2_normalize(given, axis=2)  # stored in bfloat16, they are not quite of unit length
        total += shared * tf.matmul(unit, unit, transpose_b=True)
        sides += shared
    return tf.math.divide_no_nan(total, sides)
