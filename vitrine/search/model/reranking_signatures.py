"""Signatures that rank given candidates, for those that are found elsewhere, such as in Milvus.

As in the ranking signatures, the C candidates with the highest log-odds by similarity and words are re-ranked:
`rerank_text` answers as `rank_text` does, and `rerank_both` as `rank_both`. With an `image_share` of 1, an empty query
and the image's vector as both embeddings, `rerank_both` answers as `rank_image`; with a product's title, vectors and
share, as `rank_similar`. Words are scored by the texts of the candidates, with the word statistics of the catalogue.
"""

from typing import Final

import tensorflow as tf

from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT
from vitrine.search.index.given_words import given_scores
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.model.candidate_ranking import CandidateRanking
from vitrine.search.model.given_products import GivenProducts, input_specs
from vitrine.search.model.pair_scorer import PairScorer
from vitrine.search.model.signatures import Signatures

RERANK_TEXT: Final = "rerank_text"
RERANK_BOTH: Final = "rerank_both"


class RerankingSignatures:
    """The signatures that rank given candidates: the inputs of `vitrine.search.model.given_products`, [B, R] each.

    C is `count`, or R where that is less.
    """

    def __init__(self, scorer: PairScorer, count: int) -> None:
        self._scorer, self._count = scorer, count

    def signatures(self) -> Signatures:
        """Return method and input signature by name."""
        query = tf.TensorSpec([None], tf.string, name="query")
        share = tf.TensorSpec([None], tf.float32, name="image_share")
        vector, text, image = (
            tf.TensorSpec([None, self._scorer.dimension], tf.float32, name=name)
            for name in ("embedding", "text_embedding", "image_embedding")
        )
        products = [*input_specs(self._scorer.dimension).values()]
        return {
            RERANK_TEXT: (self.rerank_text, [query, vector, *products]),
            RERANK_BOTH: (self.rerank_both, [query, text, image, share, *products]),
        }

    def rerank_text(self, query: tf.Tensor, embedding: tf.Tensor, *products: tf.Tensor) -> dict[str, tf.Tensor]:
        """Rank given products for text queries; returns the outputs of `rank_text`."""
        given = self._given(products, query)
        log_odds = self._scorer.log_odds(query, embedding, given, given.rows)
        rows, log_odds = self._most_probable(given.rows, log_odds)
        return CandidateRanking(self._scorer, given).by_text(query, embedding, rows, log_odds)

    def rerank_both(
        self,
        query: tf.Tensor,
        text_embedding: tf.Tensor,
        image_embedding: tf.Tensor,
        image_share: tf.Tensor,
        *products: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Rank given products for queries of text and image; returns the outputs of `rank_both`."""
        given, share = self._given(products), tf.clip_by_value(image_share, 0.0, 1.0)
        ranking = CandidateRanking(self._scorer, given)
        rows, _ = self._most_probable(
            given.rows, ranking.weighted_log_odds(text_embedding, image_embedding, share, given.rows)
        )
        return ranking.by_both(query, text_embedding, image_embedding, share, rows)

    def _most_probable(self, rows: tf.Tensor, log_odds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the C of `rows` [B, R] with the highest `log_odds` [B, R], best first, and their log-odds."""
        count = tf.minimum(self._count, tf.shape(rows)[1])
        best = tf.math.top_k(tf.where(rows == NO_ROW, tf.float32.min, log_odds), count)
        return tf.gather(rows, best.indices, batch_dims=1), best.values

    def _given(self, products: tuple[tf.Tensor, ...], query: tf.Tensor | None = None) -> GivenProducts:
        """Return the given products, with word scores for `query` string [B] if there is one."""
        inputs = dict(zip(input_specs(self._scorer.dimension), products, strict=True))
        statistics = self._scorer.words
        if statistics is None or query is None:
            return GivenProducts(inputs)
        words = tf.repeat(statistics.find(query), tf.shape(inputs[PRODUCT_ID])[1], axis=0)
        texts = {name: tf.reshape(inputs[name], [-1]) for name in PRODUCT_TEXT}
        return GivenProducts(inputs, given_scores(statistics, words, texts))
