"""The search model: raw strings or picture bytes in, ranked products with ESCI probabilities out, in one `tf.Module`.

Score of a candidate, in (0, 1):

    sigmoid((1 − blend) (slope × similarity + intercept) + blend × logit(expected gain))

`similarity` is the calibrated one of `vitrine.search.model.fusion`, `expected gain` the classifier's. Picture searches
and vector searches have no words to classify by, so they rank by sigmoid(slope × similarity + intercept) alone; `esci`
of a picture search is the classifier's answer for an empty query text with the picture's vector in the query's place.
"""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from vitrine.data.columns import QUERY, QUERY_VECTOR
from vitrine.search.index.candidates import NOTHING, rows_per_query
from vitrine.search.model.fusion import UNFINDABLE, Vectors
from vitrine.search.model.products import Products
from vitrine.search.model.ranking_signatures import Windows
from vitrine.search.model.stored_products import Side, StoredProducts
from vitrine.search.settings import SearchSettings, SearchWeights

LOWEST_GAIN = 1e-4
"""Expected gains are kept this far from 0 and 1, where log-odds have no value."""


class SearchModel(tf.Module):
    """See the module; `signatures()` are what is served. K is `top_k`, or the size of a smaller catalogue."""

    def __init__(
        self,
        products: Products,
        encoder: tf.Module,
        encodes_images: bool,
        classifier: tf.Module,
        settings: SearchSettings,
        weights: SearchWeights,
        query_vectors: Vectors | None = None,
    ) -> None:
        """`encoder` and `classifier` are tracked, so that saving this module saves them too.

        `classifier` is a loaded SavedModel with the signature `classify`; `query_vectors` float32 [Q, D] are examples
        of text queries, by default the products' texts.
        """
        super().__init__()
        self.encoder, self.classifier = encoder, classifier
        self.encodes_images = encodes_images
        self.dimension = products.dimension
        self.weights = weights
        self.top_k, self.candidates = rows_per_query(settings, products.count)
        text, image = products.text_vectors[products.has_text], products.image_vectors[products.has_image]
        queries = text if query_vectors is None else query_vectors
        self.text_side = Side(products, weights.text_query, queries, settings)
        if encodes_images:
            self.image_side = Side(products, weights.image_query, image, settings)
        self.products = StoredProducts(products, settings.precision)
        self.windows = Windows(self)

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
        wanted |= self.windows.signatures()
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

    def similarity(self, side: Side, vectors: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """Calibrated similarities float32 [B, R] of query vectors [B, D] and products `rows` int32 [B, R]."""
        per_query = rows.shape[1]
        flat = tf.maximum(tf.reshape(rows, [-1]), 0)
        repeated = tf.repeat(vectors, per_query, axis=0)
        return tf.reshape(side.similarity(repeated, *self.products.vectors(flat), flat), [-1, per_query])

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

    def classified(self, query: tf.Tensor, vectors: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Probabilities [B, R, 4] and expected gains [B, R] of `rows` [B, R] for `query` [B]."""
        per_query = rows.shape[1]
        queries, repeated = tf.repeat(query, per_query), tf.repeat(vectors, per_query, axis=0)
        esci, gain = self._classify(queries, repeated, tf.maximum(tf.reshape(rows, [-1]), 0))
        return tf.reshape(esci, [-1, per_query, 4]), tf.reshape(gain, [-1, per_query])

    def _classify(self, query: tf.Tensor, vectors: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # Lexical features reduce over words, and no rows have no words: an empty batch borrows a row.
        count = tf.shape(rows)[0]
        borrowed = 1 - tf.minimum(count, 1)
        answer = self.classifier.signatures["classify"](
            **{
                QUERY: tf.concat([query, tf.fill([borrowed], "")], axis=0),
                QUERY_VECTOR: tf.pad(vectors, [[0, borrowed], [0, 0]]),
            },
            **self.products.features(tf.pad(rows, [[0, borrowed]])),
        )
        return answer["probabilities"][:count], answer["expected_gain"][:count]

    def blended(self, similarity: tf.Tensor, gain: tf.Tensor) -> tf.Tensor:
        """The score of a text query, in (0, 1), from calibrated similarities and expected gains of any one shape."""
        gain = tf.clip_by_value(gain, LOWEST_GAIN, 1 - LOWEST_GAIN)
        by_gain = tf.math.log(gain) - tf.math.log1p(-gain)
        blend = self.weights.blend
        return tf.sigmoid((1 - blend) * self.text_side.log_odds(similarity) + blend * by_gain)


def load_classifier(directory: Path) -> tf.Module:
    """Load the exported ESCI classifier."""
    return tf.saved_model.load(str(directory))
