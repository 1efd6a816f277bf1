"""Exact ranks of single products among all, or those that a filter allows, by a similarity, in the graph."""

from collections.abc import Sequence
from typing import Final

import tensorflow as tf

from vitrine.search.index.exact_search import BLOCK, Term, term_scores
from vitrine.search.index.filter_mask import Filter
from vitrine.search.index.stored_vectors import StoredVectors
from vitrine.search.index.table_rows import rows_of

ROUNDING: Final = 1e-5
"""Difference of two scores below which they are equal: products of matrices and of single vectors round differently."""


def exact_ranks(vectors: StoredVectors, terms: Sequence[Term], rows: tf.Tensor, allowed: Filter) -> tf.Tensor:
    """Return the rank of each query's product by each term, int32 [B, terms], counted from 1.

    `rows` int32 [B] are the products. The rank is one more than the number of allowed products with a higher score.
    All vectors are read, block by block.
    """
    text, image = vectors.gather(rows)
    kinds = tf.cast(rows_of(vectors.kinds, rows), tf.int32)
    own = [tf.linalg.diag_part(term_scores(term, text, image, kinds)) for term in terms]

    def count_block(start: tf.Tensor, higher: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        end = tf.minimum(start + BLOCK, vectors.count)
        text, image = (side if side is None else tf.cast(side, tf.float32) for side in vectors.between(start, end))
        kinds = tf.cast(rows_of(vectors.kinds, tf.range(start, end)), tf.int32)
        passing = allowed.allows(tf.broadcast_to(tf.range(start, end), [tf.shape(rows)[0], end - start]))
        found = [
            tf.reduce_sum(
                tf.cast((term_scores(term, text, image, kinds) > mine[:, tf.newaxis] + ROUNDING) & passing, tf.int32), 1
            )
            for term, mine in zip(terms, own, strict=True)
        ]
        return end, higher + tf.stack(found, axis=1)

    start = tf.constant(0), tf.zeros([tf.shape(rows)[0], len(terms)], tf.int32)
    shapes = tf.TensorShape([]), tf.TensorShape([None, len(terms)])
    _, higher = tf.while_loop(
        lambda start, _: start < vectors.count, count_block, start, shape_invariants=shapes, parallel_iterations=1
    )
    return higher + 1
