"""What the search model knows of its products, as variables inside the graph."""

import numpy as np
import tensorflow as tf

from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_TEXT, TEXT_VECTOR
from vitrine.search.fusion import Vectors, coefficients, fold
from vitrine.search.index.candidates import NOTHING, Index, build_index
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, SearchSettings


class StoredProducts(tf.Module):
    """The catalogue by row: ids, the classifier's strings, and both sides' vectors."""

    def __init__(self, products: Products, precision: str) -> None:
        """`precision` is that of the stored vectors; they are float32 again when they are looked up."""
        super().__init__()
        self.product_id = tf.Variable(products.ids, trainable=False, name="product_id")
        self.strings = {
            column: tf.Variable(products.strings(column), trainable=False, name=column) for column in PRODUCT_TEXT
        }
        self.text_vectors = tf.Variable(tf.cast(products.text_vectors, precision), trainable=False, name=TEXT_VECTOR)
        self.image_vectors = tf.Variable(tf.cast(products.image_vectors, precision), trainable=False, name=IMAGE_VECTOR)
        self.has_text = tf.Variable(products.has_text.astype(np.int64), trainable=False, name=HAS_TEXT)
        self.has_image = tf.Variable(products.has_image.astype(np.int64), trainable=False, name=HAS_IMAGE)
        rows = tf.range(products.count, dtype=tf.int32)
        self.rows = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(products.ids), rows), default_value=NOTHING
        )

    def vectors(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Text and picture vectors, float32 [P, D] each, of `rows` int32 [P]."""
        text, image = tf.gather(self.text_vectors, rows), tf.gather(self.image_vectors, rows)
        return tf.cast(text, tf.float32), tf.cast(image, tf.float32)

    def features(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """The product's inputs to the classifier's `classify`, [P] or [P, D] each, of `rows` int32 [P]."""
        text, image = self.vectors(rows)
        sides = {TEXT_VECTOR: text, IMAGE_VECTOR: image, HAS_IMAGE: tf.gather(self.has_image, rows)}
        return sides | {column: tf.gather(strings, rows) for column, strings in self.strings.items()}


class Side(tf.Module):
    """How one kind of query finds products: an index for candidates, and the exact similarity of any product."""

    def __init__(self, products: Products, fusion: Fusion, queries: Vectors, settings: SearchSettings) -> None:
        """`queries` float32 [Q, D] are like those that will be asked; they size the inverted lists."""
        super().__init__()
        self.fusion = fusion
        coefficient = coefficients(fusion, products)
        self.coefficients = tf.Variable(coefficient, trainable=False, name="coefficients")
        self.index: Index = build_index(fold(coefficient, products), coefficient[:, 2], queries, settings)

    def similarity(self, query_vectors: tf.Tensor, text: tf.Tensor, image: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        """Calibrated similarity float32 [P] of query vectors [P, D] and products `rows` [P] with vectors [P, D]."""
        on_text, on_image, bias = tf.unstack(tf.gather(self.coefficients, rows), axis=1)
        by_text = tf.reduce_sum(query_vectors * text, axis=1)
        by_image = tf.reduce_sum(query_vectors * image, axis=1)
        return on_text * by_text + on_image * by_image + bias

    def log_odds(self, similarity: tf.Tensor) -> tf.Tensor:
        """Estimated log-odds of being exact, for similarities of any shape."""
        return self.fusion.slope * similarity + self.fusion.intercept
