"""The words of queries and products by which the lexical index finds and scores."""

from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.text.graph_analysis import analyse
from vitrine.text.graph_words import PADDING

BUCKETS: Final = 2**62

QUERY_WORDS: Final = 16
FIELD_WORDS: Final = {"title": 64, "description": 256, "brand": 8, "color": 8, "category": 16}
"""Words of each field that are indexed."""
CHARACTERS_PER_WORD: Final = 12
"""A text is cut to this many characters per word before any regular expression reads it."""


def word_ids(texts: tf.Tensor, limit: int) -> tf.Tensor:
    """Return the ids of the first `limit` terms of `texts` string [B]: int64 [B, `limit`], `PADDING` past the end."""
    valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")  # substr refuses invalid bytes
    cut = tf.strings.substr(valid, 0, limit * CHARACTERS_PER_WORD, unit="UTF8_CHAR")
    terms = analyse(cut)[:, :limit].to_tensor("", shape=[None, limit])
    return tf.where(terms == "", tf.constant(PADDING, tf.int64), tf.strings.to_hash_bucket_fast(terms, BUCKETS))


def column_ids(texts: npt.NDArray[np.object_], limit: int) -> npt.NDArray[np.int64]:
    """Return the ids of the first `limit` words of `texts` [N], as `word_ids` does, int64 [N, `limit`]."""
    ids: npt.NDArray[np.int64] = word_ids(tf.constant(texts, tf.string), limit).numpy()
    return ids


def query_ids(texts: tf.Tensor) -> tf.Tensor:
    """Return the ids of the distinct words of queries string [B]: int64 [B, `QUERY_WORDS`], `PADDING` elsewhere."""
    ids = word_ids(texts, QUERY_WORDS)
    earlier = tf.linalg.band_part(tf.ones([QUERY_WORDS, QUERY_WORDS], tf.int32), -1, 0) - tf.eye(
        QUERY_WORDS, dtype=tf.int32
    )
    repeated = tf.reduce_any((ids[:, :, None] == ids[:, None, :]) & (earlier > 0), axis=2)
    return tf.where(repeated, tf.constant(PADDING, tf.int64), ids)
