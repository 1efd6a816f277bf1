"""Ranking of candidates that have been found, in the graph or elsewhere: scores, labels and similarities, best first.

The outputs of each method are `product_id` string [B, R]; `score` float32 [B, R]; `esci` float32 [B, R, 4]; `by_text`
and `by_image` float32 [B, R], the similarity to text and image in standard deviations above a random pair, NaN where
the product has no text or image. Rows that are `NO_ROW` come last, with the id "".
"""

import tensorflow as tf

from vitrine.search.fusion import UNFINDABLE
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.table_rows import rows_of
from vitrine.search.model.pair_scorer import PairScorer, ProductLookup
from vitrine.search.model.similarity import Similarity


class CandidateRanking:
    """The ranking of rows of `products` by a scorer."""

    def __init__(self, scorer: PairScorer, products: ProductLookup) -> None:
        self._scorer, self._products = scorer, products

    def by_text(
        self, query: tf.Tensor, embedding: tf.Tensor, rows: tf.Tensor, log_odds: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Rank `rows` int32 [B, R] for text queries: `query` string [B], `embedding` float32 [B, D].

        `log_odds` float32 [B, R] are those of the rows by similarity, words and id.
        """
        scorer, products = self._scorer, self._products
        score, esci = scorer.scored(query, embedding, products, rows, log_odds)
        return self._best_first(rows, score, esci, scorer.text_query.of_sides(products.vectors, embedding, rows))

    def by_image(self, embedding: tf.Tensor, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Rank `rows` int32 [B, R] for image queries, `embedding` float32 [B, D], by similarity alone."""
        scorer, products = self._scorer, self._products
        score = tf.sigmoid(scorer.image_query.log_odds(scorer.image_query.of(products.vectors, embedding, rows)))
        esci = scorer.classified(tf.fill([tf.shape(embedding)[0]], ""), embedding, products, rows).esci
        return self._best_first(rows, score, esci, scorer.image_query.of_sides(products.vectors, embedding, rows))

    def by_both(
        self, query: tf.Tensor, text: tf.Tensor, image: tf.Tensor, share: tf.Tensor, rows: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Rank `rows` int32 [B, R] by the weighted log-odds of query vectors `text` and `image`, float32 [B, D] each.

        `share`, the image's, is float32 [B] in [0, 1]. `query` string [B] decides `esci` only.
        """
        scorer, vectors = self._scorer, self._products.vectors
        score = tf.sigmoid(self.weighted_log_odds(text, image, share, rows))
        esci = scorer.classified(query, text, self._products, rows).esci
        weighted = [
            [similarity * weight for similarity in kind.of_sides(vectors, given, rows)]
            for kind, given, weight in self._weighted(text, image, share)
        ]
        sides = [tf.add_n(similarities) for similarities in zip(*weighted, strict=True)]
        return self._best_first(rows, score, esci, sides)

    def weighted_log_odds(self, text: tf.Tensor, image: tf.Tensor, share: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """Return the log-odds of `rows`, float32 [B, R], for query vectors of text and image, weighted by `share`."""
        vectors = self._products.vectors
        weighted = self._weighted(text, image, share)
        return tf.add_n([kind.log_odds(kind.of(vectors, given, rows)) * weight for kind, given, weight in weighted])

    def _weighted(
        self, text: tf.Tensor, image: tf.Tensor, share: tf.Tensor
    ) -> list[tuple[Similarity, tf.Tensor, tf.Tensor]]:
        """Return each kind of query with its vectors [B, D] and weight [B, 1]."""
        queries = [(self._scorer.text_query, text, (1 - share)[:, tf.newaxis])]
        if self._scorer.encodes_images:
            queries.append((self._scorer.image_query, image, share[:, tf.newaxis]))
        return queries

    def _best_first(
        self, rows: tf.Tensor, score: tf.Tensor, esci: tf.Tensor, sides: list[tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        order = tf.argsort(tf.where(rows == NO_ROW, UNFINDABLE, score), direction="DESCENDING", stable=True)
        rows, score, esci, by_text, by_image = (
            tf.gather(tensor, order, batch_dims=1) for tensor in (rows, score, esci, *sides)
        )
        ids = rows_of(self._products.product_id, tf.maximum(rows, 0))
        return {
            "product_id": tf.where(rows == NO_ROW, "", ids),
            "score": tf.where(rows == NO_ROW, 0.0, score),
            "esci": esci,
            "by_text": by_text,
            "by_image": by_image,
        }
