"""Retrieval of products for one kind of query, text or image."""

from typing import Final

import tensorflow as tf

from vitrine.search.index.exact_search import Term, exact_search
from vitrine.search.index.filter_mask import Filter
from vitrine.search.index.ivf_index import NO_ROW, IvfIndex
from vitrine.search.index.stored_vectors import StoredVectors
from vitrine.search.model.similarity import Similarity
from vitrine.search.settings import Fusion

FEW: Final = 65_536
"""Allowed products that a filtered search compares: all, exactly, or those of the nearest lists."""


class Retriever(tf.Module):
    """Candidates and the similarity of any product for one kind of query; exact without an `index`."""

    def __init__(self, vectors: StoredVectors, fusion: Fusion, index: IvfIndex | None = None) -> None:
        super().__init__()
        self.index = index
        self._vectors, self._similarity = vectors, Similarity(fusion)

    def candidates(self, queries: tf.Tensor, count: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the best `count` products of queries [B, D], best first: rows int32 and similarities float32.

        Both are [B, count]. Where the probed lists hold fewer products, the rest is `NO_ROW`.
        """
        return self._exact(queries, count) if self.index is None else self._probed(queries, count)

    def allowed(self, queries: tf.Tensor, count: int, allowed: Filter) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the best `count` products that a filter allows, as `candidates` does.

        Search is exact where the filter allows few products. Beyond, the index compares as many: more than without a
        filter, since the nearest lists differ less where it allows only other clusters of products than the query's.
        """
        if self.index is None or self._vectors.count <= FEW:
            return self._exact(queries, count, allowed)
        rows, similarity = tf.cond(
            tf.size(allowed.rows) > FEW,
            lambda: self._probed(queries, count, allowed.octets),
            lambda: self._exact(queries, count, allowed),
        )
        return tf.ensure_shape(rows, [None, count]), tf.ensure_shape(similarity, [None, count])

    def term(self, queries: tf.Tensor) -> Term:
        """Return the similarity to queries [B, D] as a term of an exact search."""
        return Term(queries, self._similarity.coefficients)

    def log_odds_term(self, queries: tf.Tensor, weight: tf.Tensor) -> Term:
        """Return the weighted log-odds for queries [B, D] as a term of an exact search; `weight` is [B, 1]."""
        fusion = self._similarity.fusion
        intercept = tf.constant([0.0, 0.0, fusion.intercept])
        return Term(queries, fusion.slope * self._similarity.coefficients + intercept, weight)

    def similarity(self, queries: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """Return calibrated similarities float32 [B, R] of queries [B, D] and products `rows` int32 [B, R]."""
        return self._similarity.of(self._vectors, queries, rows)

    def _exact(self, queries: tf.Tensor, count: int, allowed: Filter | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        rows = exact_search(self._vectors, [self.term(queries)], count, allowed)
        return rows, self.similarity(queries, rows)

    def _probed(self, queries: tf.Tensor, count: int, octets: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        given = (queries,) if octets is None else (queries, octets)
        # One query needs no loop.
        rows, similarity = tf.cond(
            tf.equal(tf.shape(queries)[0], 1),
            lambda: tuple(tensor[tf.newaxis] for tensor in self._probe(count, *(each[0] for each in given))),
            lambda: tf.map_fn(
                lambda each: self._probe(count, *each),
                given,
                fn_output_signature=(tf.TensorSpec([count], tf.int32), tf.TensorSpec([count], tf.float32)),
            ),
        )
        return tf.ensure_shape(rows, [None, count]), tf.ensure_shape(similarity, [None, count])

    def _probe(self, count: int, query: tf.Tensor, octets: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """Return rows and similarities, [count] each, of the best of the index's shortlist for a query [D]."""
        assert self.index is not None
        rows = self.index.best(query, octets, FEW)
        similarity = self.similarity(query[tf.newaxis], rows[tf.newaxis])[0]
        best = tf.math.top_k(tf.where(rows == NO_ROW, tf.float32.min, similarity), count)
        return tf.gather(rows, best.indices), best.values
