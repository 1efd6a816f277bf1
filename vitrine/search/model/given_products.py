"""Products that are given with a request, by row, as `StoredProducts` has those of the catalogue."""

from collections.abc import Mapping

import tensorflow as tf

from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_ID, PRODUCT_TEXT, TEXT_VECTOR
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.lexical_words import FIELD_WORDS, word_ids
from vitrine.search.index.measurements import only_measurements
from vitrine.search.index.stored_vectors import ProductVectors
from vitrine.search.index.word_statistics import WordScores


def input_specs(dimension: int) -> dict[str, tf.TensorSpec]:
    """Return the inputs of R products for each of B queries; products without an id are absent."""
    strings = {name: tf.TensorSpec([None, None], tf.string, name=name) for name in (PRODUCT_ID, *PRODUCT_TEXT)}
    flags = {name: tf.TensorSpec([None, None], tf.bool, name=name) for name in (HAS_TEXT, HAS_IMAGE)}
    vectors = {
        name: tf.TensorSpec([None, None, dimension], tf.float32, name=name) for name in (TEXT_VECTOR, IMAGE_VECTOR)
    }
    return strings | flags | vectors


class GivenVectors(ProductVectors):
    """The vectors of given products: `text` and `image` float32 [N, D], `has_text` and `has_image` bool [N]."""

    def __init__(self, text: tf.Tensor, image: tf.Tensor, has_text: tf.Tensor, has_image: tf.Tensor) -> None:
        self._text, self._image = text, image
        self.kinds = tf.cast(has_text, tf.uint8) + 2 * tf.cast(has_image, tf.uint8)

    def gather(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the text and image vectors, float32 [..., D], of `rows` int32 [...]."""
        return tf.gather(self._text, rows), tf.gather(self._image, rows)


class GivenProducts:
    """The R products of each of B queries, as B × R rows."""

    def __init__(self, inputs: Mapping[str, tf.Tensor], words: WordScores | None = None) -> None:
        """Take the tensors of `input_specs` by name, and the products' `words` scores, [B × R]."""
        self._words = words
        self._shape = tf.shape(inputs[PRODUCT_ID])
        flat = {name: tf.reshape(tensor, [-1, *tensor.shape[2:]]) for name, tensor in inputs.items() if name in _INPUTS}
        self.product_id = flat[PRODUCT_ID]
        self.vectors = GivenVectors(flat[TEXT_VECTOR], flat[IMAGE_VECTOR], flat[HAS_TEXT], flat[HAS_IMAGE])
        self._texts = {name: flat[name] for name in PRODUCT_TEXT}

    @property
    def rows(self) -> tf.Tensor:
        """The rows of each query's products, int32 [B, R]; `NO_ROW` for those without an id."""
        rows = tf.range(tf.size(self.product_id))
        return tf.reshape(tf.where(self.product_id == "", NO_ROW, rows), self._shape)

    def features(self, rows: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the product's inputs of the classifier's `classify`, [P] or [P, D] each, for `rows` int32 [P]."""
        text, image = self.vectors.gather(rows)
        has_image = tf.cast(self.vectors.has(2, rows), tf.int64)
        texts = {name: tf.gather(texts, rows) for name, texts in self._texts.items()}
        return {TEXT_VECTOR: text, IMAGE_VECTOR: image, HAS_IMAGE: has_image} | texts

    def measurements(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the measurements in the texts of `rows` int32 [B, R], ids int64 [B, R, M]."""
        ids = [word_ids(self._texts[field], limit) for field, limit in FIELD_WORDS.items()]
        return tf.gather(only_measurements(tf.concat(ids, axis=1)), rows)

    def word_scores(self, words: tf.Tensor, rows: tf.Tensor) -> WordScores:
        """Return the given scores [B, R] of `rows` int32 [B, R], for whose queries they are; `words` are not read."""
        assert self._words is not None
        return WordScores(*(tf.gather(score, tf.maximum(rows, 0)) for score in self._words))


_INPUTS = (PRODUCT_ID, *PRODUCT_TEXT, HAS_TEXT, HAS_IMAGE, TEXT_VECTOR, IMAGE_VECTOR)
