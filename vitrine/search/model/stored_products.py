"""The products of the search model, as variables inside the graph."""

import numpy as np
import tensorflow as tf

from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_TEXT, TEXT_VECTOR
from vitrine.search.index.graph_index import NO_ROW
from vitrine.search.products import Products


class StoredProducts(tf.Module):
    """The catalogue by row: ids, the classifier's strings, and the vectors of text and image."""

    def __init__(self, products: Products, precision: str) -> None:
        """Store the products, with vectors of the given `precision`; lookups return float32."""
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
            tf.lookup.KeyValueTensorInitializer(tf.constant(products.ids), rows), default_value=NO_ROW
        )

    def vectors(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the text and image vectors, float32 [P, D] each, of `rows` int32 [P]."""
        text, image = tf.gather(self.text_vectors, rows), tf.gather(self.image_vectors, rows)
        return tf.cast(text, tf.float32), tf.cast(image, tf.float32)

    def features(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the product's inputs of the classifier's `classify`, [P] or [P, D] each, for `rows` int32 [P]."""
        text, image = self.vectors(rows)
        vectors = {TEXT_VECTOR: text, IMAGE_VECTOR: image, HAS_IMAGE: tf.gather(self.has_image, rows)}
        return vectors | {column: tf.gather(strings, rows) for column, strings in self.strings.items()}
