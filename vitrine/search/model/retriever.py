"""Retrieval of products for one kind of query, text or image."""

import tensorflow as tf

from vitrine.search.fusion import Vectors, coefficients, fold
from vitrine.search.index.graph_index import Index, build_index
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, SearchSettings


class Retriever(tf.Module):
    """An index for candidates and the exact similarity of any product, for one kind of query."""

    def __init__(self, products: Products, fusion: Fusion, queries: Vectors, settings: SearchSettings) -> None:
        """Build the index; `queries` float32 [Q, D] are typical queries, which size the inverted lists."""
        super().__init__()
        self.fusion = fusion
        coefficient = coefficients(fusion, products)
        self.coefficients = tf.Variable(coefficient, trainable=False, name="coefficients")
        self.index: Index = build_index(fold(coefficient, products), coefficient[:, 2], queries, settings)

    def similarity(self, query_vectors: tf.Tensor, text: tf.Tensor, image: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """Return calibrated similarities float32 [P] of queries [P, D] and products `rows` [P] with vectors [P, D]."""
        on_text, on_image, bias = tf.unstack(tf.gather(self.coefficients, rows), axis=1)
        by_text = tf.reduce_sum(query_vectors * text, axis=1)
        by_image = tf.reduce_sum(query_vectors * image, axis=1)
        return on_text * by_text + on_image * by_image + bias

    def log_odds(self, similarity: tf.Tensor) -> tf.Tensor:
        """Return the estimated log-odds of being exact, for similarities of any shape."""
        return self.fusion.slope * similarity + self.fusion.intercept
