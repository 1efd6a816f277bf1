"""The score of a product for a query, computed in the graph.

The score of a candidate, in (0, 1), is

    sigmoid((1 − blend) (slope × similarity + intercept) + blend × logit(expected gain))

with the calibrated `similarity` of `vitrine.search.fusion` and the classifier's `expected gain`.
"""

from pathlib import Path

import tensorflow as tf

from vitrine.data.columns import QUERY, QUERY_VECTOR
from vitrine.search.fusion import FusedVectors
from vitrine.search.index.inverted_lists import InvertedLists, build_lists
from vitrine.search.index.ivf_index import IvfIndex, rows_per_query
from vitrine.search.model.retriever import Retriever
from vitrine.search.model.stored_products import StoredProducts
from vitrine.search.products import Products
from vitrine.search.row_blocks import RowSource, Vectors
from vitrine.search.settings import Fusion, SearchSettings, SearchWeights

LOWEST_GAIN = 1e-4
"""Distance that expected gains keep from 0 and 1, where log-odds are infinite."""


class Scorer(tf.Module):
    """The catalogue, its indexes and the classifier. K is `top_k`, or the size of a smaller catalogue."""

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
        """Track `encoder` and `classifier`, so that saving this module saves them too.

        `classifier` is a loaded SavedModel with the signature `classify`; `query_vectors` float32 [Q, D] are examples
        of text queries, by default the products' texts.
        """
        super().__init__()
        self.encoder, self.classifier = encoder, classifier
        self.encodes_images = encodes_images
        self.dimension = products.dimension
        self.weights = weights
        self.top_k, self.candidates = rows_per_query(settings, products.count)
        self.products = StoredProducts(products, settings.precision)
        queries = products.present_texts if query_vectors is None else query_vectors
        self._text_lists = _build_lists(products, weights.text_query, queries, settings)
        index = IvfIndex(self._text_lists) if self._text_lists else None
        self.text_retriever = Retriever(self.products.vectors, weights.text_query, index)
        if encodes_images:
            if products.image_vectors is not None:  # otherwise, both kinds of query search the same texts
                lists = _build_lists(products, weights.image_query, products.present_images, settings)
                index = IvfIndex(lists) if lists else None
            self.image_retriever = Retriever(self.products.vectors, weights.image_query, index)

    @property
    def text_lists(self) -> InvertedLists | None:
        """The inverted lists of text queries; None if they are searched exactly."""
        return self._text_lists

    def classified(self, query: tf.Tensor, vectors: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the probabilities [B, R, 4] and expected gains [B, R] of `rows` [B, R] for `query` [B]."""
        per_query = rows.shape[1]
        queries, repeated = tf.repeat(query, per_query), tf.repeat(vectors, per_query, axis=0)
        esci, gain = self._classify(queries, repeated, tf.maximum(tf.reshape(rows, [-1]), 0))
        return tf.reshape(esci, [-1, per_query, 4]), tf.reshape(gain, [-1, per_query])

    def _classify(self, query: tf.Tensor, vectors: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # Lexical features reduce over words and fail without any, so an empty batch is padded by one row.
        count = tf.shape(rows)[0]
        padding = 1 - tf.minimum(count, 1)
        answer = self.classifier.signatures["classify"](
            **{
                QUERY: tf.concat([query, tf.fill([padding], "")], axis=0),
                QUERY_VECTOR: tf.pad(vectors, [[0, padding], [0, 0]]),
            },
            **self.products.features(tf.pad(rows, [[0, padding]])),
        )
        return answer["probabilities"][:count], answer["expected_gain"][:count]

    def blended(self, similarity: tf.Tensor, gain: tf.Tensor) -> tf.Tensor:
        """Return scores of text queries, in (0, 1), from calibrated similarities and expected gains of one shape."""
        gain = tf.clip_by_value(gain, LOWEST_GAIN, 1 - LOWEST_GAIN)
        by_gain = tf.math.log(gain) - tf.math.log1p(-gain)
        blend = self.weights.blend
        return tf.sigmoid((1 - blend) * self.text_retriever.log_odds(similarity) + blend * by_gain)


def _build_lists(
    products: Products, fusion: Fusion, queries: RowSource, settings: SearchSettings
) -> InvertedLists | None:
    """Return inverted lists for one kind of query if the catalogue is large enough for them."""
    if not settings.inverted(products.count):
        return None
    fused = FusedVectors(fusion, products)
    return build_lists(fused, fused.bias, queries, settings)


def load_classifier(directory: Path) -> tf.Module:
    """Load the exported ESCI classifier."""
    return tf.saved_model.load(str(directory))
