"""Candidates of text queries: the most similar products, and those with the words of the query.

Both sources are asked for as many products as are wanted. Of their union, the candidates are the best by the log-odds
of similarity and words together. The product whose id is the query is always among them.
"""

import tensorflow as tf

from vitrine.search.index.filter_mask import Filter
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.model.pair_scorer import PairScorer
from vitrine.search.model.retriever import Retriever
from vitrine.search.model.stored_products import StoredProducts
from vitrine.text.graph_words import first_occurrences


class TextCandidates:
    """The best `count` products of text queries, C; by similarity alone without a lexical `index`."""

    def __init__(
        self,
        scorer: PairScorer,
        products: StoredProducts,
        retriever: Retriever,
        index: LexicalIndex | None,
        count: int,
    ) -> None:
        self._scorer, self._products, self._retriever = scorer, products, retriever
        self._index, self._count = index, count

    def found(self, query: tf.Tensor, embedding: tf.Tensor, allowed: Filter | None = None) -> tf.Tensor:
        """Return the rows that each source finds, int32 [B, S], for `query` string [B], `embedding` float32 [B, D].

        A product may be among them twice, and some are `NO_ROW`.
        """
        if allowed is None:
            similar, _ = self._retriever.candidates(embedding, self._count)
        else:
            similar, _ = self._retriever.allowed(embedding, self._count, allowed)
        named = self._named(query)[:, tf.newaxis]
        if allowed is not None:
            named = tf.where(allowed.allows(tf.maximum(named, 0)), named, NO_ROW)
        sources = [similar, named]
        if self._index is not None:
            sources.append(self._with_words(query, None if allowed is None else allowed.octets))
        return tf.concat(sources, axis=1)

    def best(self, query: tf.Tensor, embedding: tf.Tensor, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the best C of the rows `found` int32 [B, S], best first, each once: int32 [B, C], and their log-odds.

        Where fewer are found, the rest is `NO_ROW`.
        """
        log_odds = self._scorer.log_odds(query, embedding, self._products, found)
        log_odds = tf.where(first_occurrences(found, NO_ROW), log_odds, tf.float32.min)
        best = tf.math.top_k(log_odds, self._count)
        rows = tf.gather(found, best.indices, batch_dims=1)
        return tf.where(best.values > tf.float32.min, rows, NO_ROW), best.values

    def _named(self, query: tf.Tensor) -> tf.Tensor:
        """Return the rows of the products whose ids are the queries, in their case, in capitals or in small letters."""
        name = tf.strings.strip(query)
        rows = self._products.rows(name)
        for written in (tf.strings.upper(name), tf.strings.lower(name)):
            rows = tf.where(rows == NO_ROW, self._products.rows(written), rows)
        return rows

    def _with_words(self, query: tf.Tensor, octets: tf.Tensor | None) -> tf.Tensor:
        """Return the best C products of each query by its words, int32 [B, C]."""
        index = self._index
        assert index is not None
        words = index.statistics.find(query)
        given = (words,) if octets is None else (words, octets)
        # One query needs no loop.
        rows = tf.cond(
            tf.equal(tf.shape(query)[0], 1),
            lambda: index.best(given[0][0], self._count, *(each[0] for each in given[1:]))[tf.newaxis],
            lambda: tf.map_fn(
                lambda each: index.best(each[0], self._count, *each[1:]),
                given,
                fn_output_signature=tf.TensorSpec([self._count], tf.int32),
            ),
        )
        return tf.ensure_shape(rows, [None, self._count])
