"""The calibrated similarity of products to one kind of query, text or image, in the graph."""

import tensorflow as tf

from vitrine.search.fusion import coefficients_of_kinds
from vitrine.search.index.stored_vectors import ProductVectors
from vitrine.search.index.table_rows import rows_of
from vitrine.search.settings import Fusion


class Similarity:
    """The similarity of `vitrine.search.fusion` for one kind of query.

    `coefficients` float32 [4, 3] are those of text and image and the bias of each kind of product.
    """

    def __init__(self, fusion: Fusion) -> None:
        self.fusion = fusion
        self.coefficients = tf.constant(coefficients_of_kinds(fusion))

    def of(self, vectors: ProductVectors, queries: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """Return calibrated similarities float32 [B, R] of queries [B, D] and products `rows` int32 [B, R]."""
        known = tf.maximum(rows, 0)
        by_text, by_image = vectors.inner_products(queries, known)
        kinds = tf.cast(rows_of(vectors.kinds, known), tf.int32)
        on_text, on_image, bias = tf.unstack(tf.gather(self.coefficients, kinds), axis=-1)
        return on_text * by_text + on_image * by_image + bias

    def of_sides(self, vectors: ProductVectors, queries: tf.Tensor, rows: tf.Tensor) -> list[tf.Tensor]:
        """Return the similarities to text and to image, float32 [B, R] each, NaN where the product has none."""
        known = tf.maximum(rows, 0)
        return [
            tf.where(vectors.has(side, known), (products - scale.mean) / scale.std, float("nan"))
            for side, products, scale in zip(
                (1, 2), vectors.inner_products(queries, known), (self.fusion.text, self.fusion.image), strict=True
            )
        ]

    def log_odds(self, similarity: tf.Tensor) -> tf.Tensor:
        """Return the estimated log-odds of being exact, for similarities of any shape."""
        return self.fusion.slope * similarity + self.fusion.intercept
