"""Exact search in the graph: scores of all products, or of those that a filter allows, block by block.

Memory does not grow with the catalogue, and a filter that allows few products reads those only.

Vectors that are stored in bfloat16 are compared in it, in half of the time or less on processors with its instructions.
The best `SHORTLIST` times as many products are then compared in float32.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.search.index.filter_mask import Filter
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.stored_vectors import StoredVectors
from vitrine.search.index.table_rows import rows_of

BLOCK: Final = 8_192
"""Rows that are compared at a time: 16 MiB of 512 floats, about what processors cache."""

SHORTLIST: Final = 2
"""Products that are compared in float32 for each that is wanted. Similarities in bfloat16 are rounded to some .001."""

LOWEST: Final = tf.float32.min


class Term(NamedTuple):
    """One summand of a score: `queries` float32 [B, D] by the `coefficients` float32 [4, 3] of each kind of product.

    `weight` float32 [B, 1] multiplies it.
    """

    queries: tf.Tensor
    coefficients: tf.Tensor
    weight: tf.Tensor | float = 1.0


def exact_search(vectors: StoredVectors, terms: Sequence[Term], count: int, allowed: Filter | None = None) -> tf.Tensor:
    """Return the rows of the best `count` ≤ N products by the sum of `terms`, int32 [B, count], best first.

    Where fewer are allowed, the rest is `NO_ROW`.
    """
    if not vectors.is_rounded or allowed is not None:
        return _best(vectors, terms, count, allowed)
    rows = _best(vectors, terms, min(SHORTLIST * count, vectors.count))
    scores = tf.add_n([_exact_scores(term, vectors, tf.maximum(rows, 0)) for term in terms])
    best = tf.math.top_k(tf.where(rows == NO_ROW, LOWEST, scores), count)
    return tf.ensure_shape(tf.gather(rows, best.indices, batch_dims=1), [None, count])


def _best(vectors: StoredVectors, terms: Sequence[Term], count: int, allowed: Filter | None = None) -> tf.Tensor:
    """Return the best `count` products by the sum of `terms` in the precision of the vectors, as `exact_search`."""
    batch = tf.shape(terms[0].queries)[0]
    total = vectors.count if allowed is None else tf.size(allowed.rows)

    def search_block(start: tf.Tensor, scores: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        end = tf.minimum(start + BLOCK, total)
        block = tf.range(start, end) if allowed is None else allowed.rows[start:end]
        text, image = vectors.between(start, end) if allowed is None else vectors.gather(block)
        kinds = tf.cast(rows_of(vectors.kinds, block), tf.int32)
        found = tf.add_n([term_scores(term, text, image, kinds) for term in terms])
        if allowed is not None:
            found = tf.where(allowed.allows(tf.broadcast_to(block, tf.shape(found))), found, LOWEST)
        best = tf.math.top_k(found, tf.minimum(count, end - start))
        scores, rows = tf.concat([scores, best.values], 1), tf.concat([rows, tf.gather(block, best.indices)], 1)
        best = tf.math.top_k(scores, count)
        return end, best.values, tf.gather(rows, best.indices, batch_dims=1)

    nothing = tf.constant(0), tf.fill([batch, count], LOWEST), tf.fill([batch, count], NO_ROW)
    shapes = tf.TensorShape([]), tf.TensorShape([None, count]), tf.TensorShape([None, count])
    _, scores, rows = (
        search_block(*nothing)
        if allowed is None and vectors.count <= BLOCK
        else tf.while_loop(
            lambda start, *_: start < total, search_block, nothing, shape_invariants=shapes, parallel_iterations=2
        )
    )
    return tf.ensure_shape(tf.where(scores > LOWEST, rows, NO_ROW), [None, count])


def term_scores(term: Term, text: tf.Tensor, image: tf.Tensor | None, kinds: tf.Tensor) -> tf.Tensor:
    """Return the scores float32 [B, n] of products of `kinds` int32 [n] with vectors [n, D], in their precision."""
    on_text, on_image, bias = tf.unstack(tf.gather(term.coefficients, kinds), axis=1)
    scores = _products(term.queries, text) * on_text + bias
    if image is not None:
        scores += _products(term.queries, image) * on_image
    return scores * term.weight


def _products(queries: tf.Tensor, vectors: tf.Tensor) -> tf.Tensor:
    """Return the inner products, float32 [B, n], of queries float32 [B, D] and vectors [n, D]."""
    return tf.cast(tf.linalg.matmul(tf.cast(queries, vectors.dtype), vectors, transpose_b=True), tf.float32)


def _exact_scores(term: Term, vectors: StoredVectors, rows: tf.Tensor) -> tf.Tensor:
    """Return the scores float32 [B, R] of `rows` int32 [B, R], computed in float32."""
    by_text, by_image = vectors.inner_products(term.queries, rows)
    kinds = tf.cast(rows_of(vectors.kinds, rows), tf.int32)
    on_text, on_image, bias = tf.unstack(tf.gather(term.coefficients, kinds), axis=-1)
    return (on_text * by_text + on_image * by_image + bias) * term.weight
