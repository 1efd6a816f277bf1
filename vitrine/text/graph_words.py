"""Words and trigrams of texts as hashed ids, inside the graph.

Only core TensorFlow string ops are used, so that a stock TensorFlow Serving runs them.
"""

from typing import Final, NamedTuple

import numpy as np
import tensorflow as tf

from vitrine.text.graph_analysis import remove_inflection

PADDING: Final = -1
"""Id of a position past the text's end; real ids are never negative."""


class Words(NamedTuple):
    """Words of a batch of texts.

    Attributes:
        text: string [B, T], lower-case words without inflection, "" past the end.
        ids: int64 [B, T], their hashes, `PADDING` past the end.
    """

    text: tf.Tensor
    ids: tf.Tensor


def normalise(text: tf.Tensor, characters: int) -> tf.Tensor:
    """Lower-case and cut texts, and replace each run of other characters than letters, marks and digits by a space.

    Args:
        text: string [B], UTF-8.
        characters: the number of characters of each text to keep.
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8")  # invalid bytes become U+FFFD, dropped below
    text = tf.strings.lower(tf.strings.substr(text, 0, characters, unit="UTF8_CHAR"), encoding="utf-8")
    text = tf.strings.regex_replace(text, r"[’']s\b|[’']", "")
    return tf.strings.strip(tf.strings.regex_replace(text, r"(?:[^\p{L}\p{M}\p{N}]|[\x{FE00}-\x{FE0F}])+", " "))


def split_words(normalised: tf.Tensor, limit: int) -> Words:
    """Split normalised texts into at most `limit` words each, without the inflection of nouns.

    Args:
        normalised: string [B], as `normalise` returns it.
        limit: T; further words are dropped.
    """
    split = tf.strings.split(normalised)[:, :limit]
    split = split.with_values(remove_inflection(split.values))
    text = split.to_tensor(shape=[None, limit], default_value="")
    hashed = tf.strings.to_hash_bucket_fast(text, 2**62)
    return Words(text, tf.where(text == "", tf.constant(PADDING, tf.int64), hashed))


def trigrams(normalised: tf.Tensor, limit: int) -> tf.Tensor:
    """Return the ids of character trigrams, with words padded by spaces.

    Args:
        normalised: string [B].
        limit: T, the number of trigrams of each text to keep.

    Returns:
        int64 [B, T], `PADDING` past the end.
    """
    padded = tf.strings.join([" ", normalised, " "])
    points = tf.cast(tf.strings.unicode_decode(padded, "UTF-8").to_tensor(shape=[None, limit + 2]), tf.int64)
    first, second, third = points[:, :-2], points[:, 1:-1], points[:, 2:]
    ids = (first * 2**42) + (second * 2**21) + third
    return tf.where(third == 0, tf.constant(PADDING, tf.int64), ids)


def first_occurrences(ids: tf.Tensor, padding: int = PADDING) -> tf.Tensor:
    """Mark the first occurrence of each id in a row.

    Args:
        ids: integers [B, T].
        padding: the id that stands for none.

    Returns:
        bool [B, T], False on padding and on repeats.
    """
    earlier = tf.constant(np.tril(np.ones([ids.shape[1]] * 2, bool), -1))
    repeats = tf.reduce_any((ids[:, :, None] == ids[:, None, :]) & earlier, axis=2)
    return (ids != padding) & ~repeats
