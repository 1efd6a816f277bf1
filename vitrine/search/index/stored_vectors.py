"""The vectors of the products, each stored once, inside the graph."""

import numpy as np
import tensorflow as tf

from vitrine.data.columns import IMAGE_VECTOR, TEXT_VECTOR
from vitrine.search.products import Products
from vitrine.search.row_blocks import Vectors, row_blocks


class StoredVectors(tf.Module):
    """The text vectors of N products and, if a product has an image, their image vectors.

    They are stored in the chosen precision, and all arithmetic on them is in float32.
    """

    def __init__(self, products: Products, precision: str) -> None:
        super().__init__()
        self.count, self.dimension = products.count, products.dimension
        self._text = _stored(products.text_vectors, precision, TEXT_VECTOR)
        self._image = (
            None if products.image_vectors is None else _stored(products.image_vectors, precision, IMAGE_VECTOR)
        )
        self.kinds = tf.Variable(products.kinds, trainable=False, name="kinds")

    def gather(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Return the text and image vectors, float32 [..., D], of `rows` int [...]; None without any image."""
        image = None if self._image is None else tf.cast(tf.gather(self._image, rows), tf.float32)
        return tf.cast(tf.gather(self._text, rows), tf.float32), image

    def between(self, start: tf.Tensor, end: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Return the text and image vectors of consecutive rows, float32 [end - start, D]."""
        image = None if self._image is None else tf.cast(tf.convert_to_tensor(self._image)[start:end], tf.float32)
        return tf.cast(tf.convert_to_tensor(self._text)[start:end], tf.float32), image

    def has(self, side: int, rows: tf.Tensor) -> tf.Tensor:
        """Return whether the products of `rows` have text (`side` 1) or an image (2), bool of the shape of `rows`."""
        return tf.bitwise.bitwise_and(tf.gather(self.kinds, rows), tf.constant(side, tf.uint8)) > 0

    def inner_products(self, queries: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the inner products, float32 [B, R], of queries [B, D] with text and image of `rows` int [B, R]."""
        text, image = self.gather(rows)
        by_text = tf.linalg.matvec(text, queries)
        return by_text, tf.zeros_like(by_text) if image is None else tf.linalg.matvec(image, queries)


def _stored(vectors: Vectors, precision: str, name: str) -> tf.Variable:
    """Return a variable of vectors [N, D] in the given precision, converted block by block."""
    if precision == "float32":
        return tf.Variable(vectors, trainable=False, name=name)
    dtype = tf.as_dtype(precision)
    narrow = np.empty(vectors.shape, dtype.as_numpy_dtype)
    for block in row_blocks(len(vectors)):
        narrow[block] = tf.cast(vectors[block], dtype).numpy()
    return tf.Variable(narrow, trainable=False, name=name)
