"""The products of the search model, as variables inside the graph."""

from typing import Final

import numpy as np
import pyarrow as pa
import tensorflow as tf

from vitrine.data.columns import HAS_IMAGE, IMAGE_VECTOR, PRODUCT_ID, PRODUCT_TEXT, TEXT_VECTOR
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.index.stored_vectors import StoredVectors
from vitrine.search.index.table_rows import rows_of
from vitrine.search.index.word_statistics import WordScores
from vitrine.search.products import Products
from vitrine.search.row_blocks import row_blocks

BUCKETS: Final = 2**62


class StoredTexts(tf.Module):
    """One text column of N products: its distinct values and the number of each product's value."""

    def __init__(self, products: Products, column: str) -> None:
        super().__init__()
        # Arrow's ordinary strings hold 2 GiB a column. All chunks share one dictionary.
        encoded = products.text_column(column).cast(pa.large_string()).dictionary_encode().chunks
        codes = np.concatenate([chunk.indices.to_numpy() for chunk in encoded])
        self._values = _string_variable(encoded[0].dictionary, column)
        self._codes = tf.Variable(codes, dtype=tf.int32, trainable=False, name=f"{column}_codes")

    def gather(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the texts of `rows`, string [P] for int32 [P]."""
        return rows_of(self._values, rows_of(self._codes, rows))


class StoredProducts(tf.Module):
    """The catalogue by row: ids, the classifier's texts, and the vectors of text and image."""

    def __init__(self, products: Products, precision: str, lexical: LexicalIndex | None = None) -> None:
        """Store the products, with vectors of the given `precision`; look-ups return float32.

        `lexical` scores their words.
        """
        super().__init__()
        self.lexical = lexical
        self.count = products.count
        self.vectors = StoredVectors(products, precision)
        self.texts = {column: StoredTexts(products, column) for column in PRODUCT_TEXT}
        self.product_id = _string_variable(products.table[PRODUCT_ID], PRODUCT_ID)
        # A hash table of strings takes ten times the memory of sorted hashes, and is built again at every load.
        self._key, hashes = distinct_hashes(self.product_id)
        order = np.argsort(hashes)
        self._hashes = tf.Variable(hashes[order], trainable=False, name="hashes")
        self._rows = tf.Variable(order.astype(np.int32), trainable=False, name="rows_by_hash")

    def rows(self, product_id: tf.Tensor) -> tf.Tensor:
        """Return the rows of ids, int32 [P] for string [P]; `NO_ROW` for unknown ids."""
        hashes = tf.strings.to_hash_bucket_strong(product_id, BUCKETS, self._key)
        place = tf.minimum(tf.searchsorted(self._hashes, hashes), self.count - 1)
        rows = rows_of(self._rows, place)
        return tf.where(rows_of(self.product_id, rows) == product_id, rows, NO_ROW)

    def features(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the product's inputs of the classifier's `classify`, [P] or [P, D] each, for `rows` int32 [P]."""
        text, image = self.vectors.gather(rows)
        has_image = tf.cast(self.vectors.has(2, rows), tf.int64)
        vectors = {TEXT_VECTOR: text, IMAGE_VECTOR: tf.zeros_like(text) if image is None else image}
        return vectors | {HAS_IMAGE: has_image} | {column: text.gather(rows) for column, text in self.texts.items()}

    def measurements(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the measurements in the texts of `rows` int32 [B, R], ids int64 [B, R, M]; needs the index."""
        assert self.lexical is not None
        return self.lexical.measurements.of(rows)

    def word_scores(self, words: tf.Tensor, rows: tf.Tensor) -> WordScores:
        """Return the scores [B, R] of `rows` int32 [B, R] for queries' `words` int32 [B, T]; needs the index."""
        assert self.lexical is not None
        return self.lexical.scores(words, rows)


def distinct_hashes(ids: tf.Variable) -> tuple[list[int], np.ndarray]:
    """Return a key with which the hashes of distinct ids, string [N], are distinct, and the hashes, int64 [N]."""
    key = [0, 0]
    while True:
        hashes = tf.strings.to_hash_bucket_strong(ids, BUCKETS, key).numpy()
        if len(np.unique(hashes)) == len(hashes):
            return key, hashes
        key[0] += 1


def _string_variable(values: pa.Array | pa.ChunkedArray, name: str) -> tf.Variable:
    """Return a variable of strings, filled block by block: as Python objects, all would take several times the room."""
    variable = tf.Variable(tf.zeros([len(values)], tf.string), trainable=False, name=name)
    for block in row_blocks(len(values)):
        strings = values.slice(block.start, block.stop - block.start).to_numpy(zero_copy_only=False)
        variable.scatter_update(tf.IndexedSlices(tf.constant(strings, tf.string), tf.range(block.start, block.stop)))
    return variable
