"""The search model: raw strings or picture bytes in, ranked products with ESCI probabilities out, in one `tf.Module`.

Picture searches and vector searches have no words to classify by, so they rank by sigmoid(slope × similarity +
intercept) alone (see `vitrine.search.model.scorer`); `esci` of a picture search is the classifier's answer for an empty
query text with the picture's vector in the query's place.
"""

from collections.abc import Callable

import tensorflow as tf

from vitrine.search.fusion import UNFINDABLE
from vitrine.search.index.candidates import NOTHING
from vitrine.search.model.ranking_signatures import RankingSignatures
from vitrine.search.model.scorer import Scorer
from vitrine.search.model.stored_products import Side


class SearchModel(Scorer):
    """A scorer with the signatures that are served."""

    def signatures(self) -> dict[str, Callable[..., dict[str, tf.Tensor]]]:
        """The signatures by name. An encoder of texts only has no `search_image` and `embed_image`."""
        query = tf.TensorSpec([None], tf.string, name="query")
        product = tf.TensorSpec([None], tf.string, name="product_id")
        embedding = tf.TensorSpec([None, self.dimension], tf.float32, name="embedding")
        picture = tf.TensorSpec([None], tf.string, name="image_bytes")
        wanted = {
            "serving_default": (self.search, [query]),
            "search_embedding": (self.search_embedding, [embedding]),
            "embed_text": (self.embed_text, [query]),
            "classify": (self.classify, [query, product]),
            "score": (self.score, [query, product]),
        }
        if self.encodes_images:
            wanted |= {"search_image": (self.search_image, [picture]), "embed_image": (self.embed_image, [picture])}
        wanted |= RankingSignatures(self).signatures()
        return {
            name: tf.function(method, input_signature=spec, autograph=False) for name, (method, spec) in wanted.items()
        }

    def embed_text(self, query: tf.Tensor) -> dict[str, tf.Tensor]:
        """`query` string [B] → `embedding` float32 [B, D], rows of unit length."""
        return {"embedding": tf.ensure_shape(self.encoder.embed_text(query), [None, self.dimension])}

    def embed_image(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """`image_bytes` string [B] → `embedding` float32 [B, D], rows of unit length."""
        return {"embedding": tf.ensure_shape(self.encoder.embed_image(image_bytes), [None, self.dimension])}

    def search(self, query: tf.Tensor) -> dict[str, tf.Tensor]:
        """`query` string [B] → `product_id` string [B, K], `score` float32 [B, K], `esci` float32 [B, K, 4]."""
        vectors = self.embed_text(query)["embedding"]
        rows, similarity = self._candidates(self.text_side, vectors)
        if self.weights.blend == 0:
            return self._by_similarity(self.text_side, query, vectors, rows, similarity)
        esci, gain = self.classified(query, vectors, rows)
        rows, score, esci = self._best(rows, self.blended(similarity, gain), esci)
        return {"product_id": tf.gather(self.products.product_id, rows), "score": score, "esci": esci}

    def search_image(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """`image_bytes` string [B] → the outputs of `search`, ranked by similarity alone."""
        vectors = self.embed_image(image_bytes)["embedding"]
        rows, similarity = self._candidates(self.image_side, vectors)
        no_words = tf.fill([tf.shape(vectors)[0]], "")
        return self._by_similarity(self.image_side, no_words, vectors, rows, similarity)

    def search_embedding(self, embedding: tf.Tensor) -> dict[str, tf.Tensor]:
        """`embedding` float32 [B, D], a text query's vector → `product_id` string [B, K], `score` float32 [B, K]."""
        rows, similarity = self._candidates(self.text_side, tf.math.l2_normalize(embedding, axis=1))
        rows, score = self._best(rows, tf.sigmoid(self.text_side.log_odds(similarity)))
        return {"product_id": tf.gather(self.products.product_id, rows), "score": score}

    def classify(self, query: tf.Tensor, product_id: tf.Tensor) -> dict[str, tf.Tensor]:
        """`query`, `product_id` string [B] → `esci` float32 [B, 4] (I, C, S, E); zeros for an unknown product."""
        vectors, rows, known = self._pairs(query, product_id)
        esci, _ = self._classify(query, vectors, rows)
        return {"esci": esci * tf.cast(known, tf.float32)[:, tf.newaxis]}

    def score(self, query: tf.Tensor, product_id: tf.Tensor) -> dict[str, tf.Tensor]:
        """`query`, `product_id` string [B] → `score` float32 [B] as `search` would give it to that product, candidate
        or not, and its `similarity` float32 [B]. An unknown product has score 0 and similarity `UNFINDABLE`.
        """
        vectors, rows, known = self._pairs(query, product_id)
        similarity = self.similarity(self.text_side, vectors, rows[:, tf.newaxis])[:, 0]
        _, gain = self._classify(query, vectors, rows)
        score = self.blended(similarity, gain)
        return {
            "score": tf.where(known, score, 0.0),
            "similarity": tf.where(known, similarity, UNFINDABLE),
        }

    def _pairs(self, query: tf.Tensor, product_id: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Query vectors [B, D], product rows [B] and whether the product is known, bool [B]."""
        distinct, position = tf.unique(query)  # judged pools ask the same few queries again and again
        vectors = tf.gather(self.embed_text(distinct)["embedding"], position)
        rows = self.products.rows.lookup(product_id)
        return vectors, tf.maximum(rows, 0), rows >= 0

    def _candidates(self, side: Side, vectors: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Rows int32 [B, C] and similarities float32 [B, C] of each query's candidates."""
        rows = side.index.candidates(vectors, self.candidates)
        return rows, self.similarity(side, vectors, rows)

    def _best(self, rows: tf.Tensor, score: tf.Tensor, *others: tf.Tensor) -> list[tf.Tensor]:
        """Rows and scores of the K best, then the same of `others`. At least K candidates are no `NOTHING`."""
        best = tf.math.top_k(tf.where(rows == NOTHING, -1.0, score), self.top_k)
        gathered = [tf.gather(tensor, best.indices, batch_dims=1) for tensor in (rows, *others)]
        return [gathered[0], best.values, *gathered[1:]]

    def _by_similarity(
        self, side: Side, query: tf.Tensor, vectors: tf.Tensor, rows: tf.Tensor, similarity: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Rank by similarity alone, and classify no more than the K that are returned."""
        rows, score = self._best(rows, tf.sigmoid(side.log_odds(similarity)))
        esci, _ = self.classified(query, vectors, rows)
        return {"product_id": tf.gather(self.products.product_id, rows), "score": score, "esci": esci}
