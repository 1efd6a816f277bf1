"""The search model: one `tf.Module` from texts or image bytes to ranked products with ESCI probabilities.

Searches by image and by vector have no text to classify by, so they rank by sigmoid(slope × similarity + intercept)
alone (see `vitrine.search.model.pair_scorer`). `esci` of a search by image is the classifier's output for an empty
query text and the image's vector as the query's vector.
"""

from collections.abc import Callable

import tensorflow as tf

from vitrine.categories.head import CategoryHead
from vitrine.search.fusion import UNFINDABLE
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.table_rows import rows_of
from vitrine.search.model.category_signatures import CategorySignatures
from vitrine.search.model.diversity import diverse_order
from vitrine.search.model.diversity_signatures import DiversitySignatures
from vitrine.search.model.explanation_signatures import ExplanationSignatures
from vitrine.search.model.ranking_signatures import RankingSignatures
from vitrine.search.model.reranking_signatures import RerankingSignatures
from vitrine.search.model.scorer import Scorer
from vitrine.search.model.signatures import Signatures, functions


class SearchModel(Scorer):
    """A scorer with the signatures that are served; those of categories if it has a `category_head`."""

    category_head: CategoryHead | None = None

    def signatures(self) -> dict[str, Callable[..., dict[str, tf.Tensor]]]:
        """Return the signatures by name. `search_image` and `embed_image` need an encoder of images."""
        query = tf.TensorSpec([None], tf.string, name="query")
        product = tf.TensorSpec([None], tf.string, name="product_id")
        embedding = tf.TensorSpec([None, self.dimension], tf.float32, name="embedding")
        signatures: Signatures = {
            "serving_default": (self.search, [query]),
            "search_embedding": (self.search_embedding, [embedding]),
            "classify": (self.classify, [query, product]),
            "score": (self.score, [query, product]),
        }
        if self.encodes_images:
            image = tf.TensorSpec([None], tf.string, name="image_bytes")
            signatures |= {"search_image": (self.search_image, [image])}
        signatures |= self.embedding_signatures()
        signatures |= RankingSignatures(self).signatures()
        signatures |= RerankingSignatures(self, self.candidates).signatures()
        signatures |= DiversitySignatures(self).signatures()
        signatures |= ExplanationSignatures(self).signatures()
        if self.category_head is not None:
            signatures |= CategorySignatures(self, self.category_head).signatures()
        return functions(signatures)

    def search(self, query: tf.Tensor) -> dict[str, tf.Tensor]:
        """Search by `query` string [B]: `product_id` string and `score` float32 [B, K], `esci` float32 [B, K, 4]."""
        vectors = self.embed_text(query)["embedding"]
        candidates = self.text_candidates
        rows, log_odds = candidates.best(query, vectors, candidates.found(query, vectors))
        if self.weights.blend == 0 and not self.weights.features and self.last_stage is None:
            return self._by_log_odds(query, vectors, rows, log_odds)
        score, esci = self.scored(query, vectors, self.products, rows, log_odds)
        rows, score, esci = self._best(rows, score, esci)
        return {"product_id": rows_of(self.products.product_id, rows), "score": score, "esci": esci}

    def search_image(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Search by `image_bytes` string [B]: the outputs of `search`, ranked by similarity alone."""
        vectors = self.embed_image(image_bytes)["embedding"]
        rows, similarity = self.image_retriever.candidates(vectors, self.candidates)
        no_text = tf.fill([tf.shape(vectors)[0]], "")
        return self._by_log_odds(no_text, vectors, rows, self.image_query.log_odds(similarity))

    def search_embedding(self, embedding: tf.Tensor) -> dict[str, tf.Tensor]:
        """Search by a text's `embedding` float32 [B, D]: `product_id` string [B, K], `score` float32 [B, K]."""
        rows, similarity = self.text_retriever.candidates(tf.math.l2_normalize(embedding, axis=1), self.candidates)
        rows, score = self._best(rows, tf.sigmoid(self.text_query.log_odds(similarity)))
        return {"product_id": rows_of(self.products.product_id, rows), "score": score}

    def classify(self, query: tf.Tensor, product_id: tf.Tensor) -> dict[str, tf.Tensor]:
        """Classify pairs `query`, `product_id` string [B]: `esci` float32 [B, 4] (I, C, S, E), zeros if unknown."""
        vectors, rows, known = self._pairs(query, product_id)
        esci = self.classified(query, vectors, self.products, rows[:, tf.newaxis]).esci
        return {"esci": esci[:, 0] * tf.cast(known, tf.float32)[:, tf.newaxis]}

    def score(self, query: tf.Tensor, product_id: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score pairs `query`, `product_id` string [B], whether or not the product is a candidate of the query.

        Returns `score` float32 [B], as of `search`, and `similarity` float32 [B]. An unknown product has score 0 and
        similarity `UNFINDABLE`.
        """
        vectors, rows, known = self._pairs(query, product_id)
        similarity = self.text_retriever.similarity(vectors, rows[:, tf.newaxis])[:, 0]
        single = rows[:, tf.newaxis]
        log_odds = self.log_odds(query, vectors, self.products, single)
        score, _ = self.scored(query, vectors, self.products, single, log_odds)
        return {
            "score": tf.where(known, score[:, 0], 0.0),
            "similarity": tf.where(known, similarity, UNFINDABLE),
        }

    def _pairs(self, query: tf.Tensor, product_id: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return query vectors [B, D], product rows [B] and whether the product is known, bool [B]."""
        distinct, position = tf.unique(query)  # judged pools repeat a few queries
        vectors = tf.gather(self.embed_text(distinct)["embedding"], position)
        rows = self.products.rows(product_id)
        return vectors, tf.maximum(rows, 0), rows >= 0

    def _best(self, rows: tf.Tensor, score: tf.Tensor, *others: tf.Tensor) -> list[tf.Tensor]:
        """Return rows, scores and `others` of the K best. At least K candidates are not `NO_ROW`."""
        found = tf.where(rows == NO_ROW, -1.0, score)
        if self.diversity == 0:
            best = tf.math.top_k(found, self.top_k)
            gathered = [tf.gather(tensor, best.indices, batch_dims=1) for tensor in (rows, *others)]
            return [gathered[0], best.values, *gathered[1:]]
        diversity = tf.fill([tf.shape(rows)[0]], self.diversity)
        order = diverse_order(self.products.vectors, rows, found, diversity, self.top_k)
        return [tf.gather(tensor, order, batch_dims=1) for tensor in (rows, score, *others)]

    def _by_log_odds(
        self, query: tf.Tensor, vectors: tf.Tensor, rows: tf.Tensor, log_odds: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Rank without the classifier, and classify only the K results."""
        rows, score = self._best(rows, tf.sigmoid(log_odds))
        esci = self.classified(query, vectors, self.products, rows).esci
        return {"product_id": rows_of(self.products.product_id, rows), "score": score, "esci": esci}
