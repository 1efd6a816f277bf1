"""The vectors of the products, each stored once, inside the graph."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.data.columns import IMAGE_VECTOR, TEXT_VECTOR
from vitrine.search.index.table_rows import rows_of
from vitrine.search.products import Products
from vitrine.search.row_blocks import Vectors, row_blocks


class ProductVectors(ABC):
    """The vectors of products by row: inner products with queries, over whatever holds the vectors.

    `kinds` uint8 [N] are the sides of each product, as of `Products.kinds`.
    """

    kinds: tf.Tensor | tf.Variable

    @abstractmethod
    def gather(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Return the text and image vectors, float32 [..., D], of `rows` int32 [...]; None without any image."""

    def has(self, side: int, rows: tf.Tensor) -> tf.Tensor:
        """Return whether the products of `rows` have text (`side` 1) or an image (2), bool of the shape of `rows`."""
        return tf.bitwise.bitwise_and(rows_of(self.kinds, rows), tf.constant(side, tf.uint8)) > 0

    def inner_products(self, queries: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the inner products, float32 [B, R], of queries [B, D] with text and image of `rows` int32 [B, R]."""
        text, image = self.gather(rows)
        by_text = tf.linalg.matvec(text, queries)
        return by_text, tf.zeros_like(by_text) if image is None else tf.linalg.matvec(image, queries)


class StoredVectors(tf.Module, ProductVectors):
    """The text vectors of N products and, if a product has an image, their image vectors.

    They are stored in the chosen precision. Those of single rows are returned in float32, and all scores that are
    returned are computed in it.
    """

    def __init__(self, products: Products, precision: str) -> None:
        super().__init__()
        self.count, self.dimension = products.count, products.dimension
        self._text = StoredSide(products.text_vectors, products.has_text, precision, TEXT_VECTOR)
        images = products.image_vectors
        self._image = None if images is None else StoredSide(images, products.has_image, precision, IMAGE_VECTOR)
        self.kinds = tf.Variable(products.kinds, trainable=False, name="kinds")

    def gather(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Return the text and image vectors, float32 [..., D], of `rows` int32 [...]; None without any image."""
        return self._text.gather(rows), self._image and self._image.gather(rows)

    def between(self, start: tf.Tensor, end: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Return the text and image vectors of consecutive rows, [end - start, D], in their precision."""
        return self._text.between(start, end), self._image and self._image.between(start, end)

    @property
    def is_rounded(self) -> bool:
        """True if the vectors are stored in a smaller precision than float32."""
        return bool(self._text.dtype != tf.float32)


class StoredSide(tf.Module):
    """The vectors of one side, text or image, of the products that have it.

    Where some have none, the products have places in the matrix, and its last row is the zeros of those without.
    """

    def __init__(self, vectors: Vectors, present: npt.NDArray[np.bool_], precision: str, name: str) -> None:
        """Store the rows of `vectors` [N, D] whose `present` [N] is true, converted block by block."""
        super().__init__()
        rows, dtype = np.flatnonzero(present), tf.as_dtype(precision)
        absent = int(len(rows) < len(present))
        # Blocks are joined by TensorFlow, which would copy an array of all of them once more.
        blocks = [tf.cast(vectors[rows[block]], dtype) for block in row_blocks(len(rows))]
        blocks.append(tf.zeros([absent, vectors.shape[1]], dtype))
        places = np.where(present, np.cumsum(present) - 1, len(rows)).astype(np.int32) if absent else None
        self._vectors = tf.Variable(tf.concat(blocks, axis=0), trainable=False, name=name)
        self._places = None if places is None else tf.Variable(places, trainable=False, name=f"{name}_places")

    @property
    def dtype(self) -> tf.DType:
        """The precision of the vectors."""
        return self._vectors.dtype

    def gather(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the vectors of `rows` int32 [...], float32 [..., D]."""
        return tf.cast(self._stored(rows), tf.float32)

    def between(self, start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
        """Return the vectors of consecutive rows, [end - start, D], without a copy where all have one."""
        if self._places is not None:
            return self._stored(tf.range(start, end))
        return tf.convert_to_tensor(self._vectors)[start:end]

    def _stored(self, rows: tf.Tensor) -> tf.Tensor:
        return rows_of(self._vectors, rows if self._places is None else rows_of(self._places, rows))
