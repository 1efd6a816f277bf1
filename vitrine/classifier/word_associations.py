"""Associations of words with categories and colours, counted over the corpus.

A query for a "brewing pot" shares no word with a product of the category teapot, but titles of other teapots have both
words. Words are hashed into a fixed number of rows; the most frequent values of the attribute are the columns.
"""

from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.text.graph_words import PADDING, Words, first_occurrences

ROWS: Final = 2**13
VALUES: Final = 64
"""Number of an attribute's values that are distinguished; rarer values count as absent."""

SMOOTHING: Final = 3.0
"""Pseudo-count of the prior: a word must occur more often than this for its own counts to outweigh the prior."""

SHARPNESS: Final = 2.0
"""Factor of the mean information of a text's words; 1 would be the evidence of one word."""


class Associations(NamedTuple):
    """Counts of words and values of one attribute over the corpus.

    Attributes:
        together: float32 [ROWS, VALUES], the number of pairs whose product has the value and contains the word.
        values: float32 [VALUES], the number of pairs whose product has the value.
    """

    together: tf.Tensor
    values: tf.Tensor

    @property
    def prior(self) -> tf.Tensor:
        """The share of each value, float32 [VALUES], smoothed so that none is 0."""
        return (self.values + 1.0 / VALUES) / (tf.reduce_sum(self.values) + 1.0)

    def information(self, words: Words) -> tf.Tensor:
        """Return the pointwise mutual information of words and values in nats, float32 [B, T, VALUES]; 0 on padding.

        ln(p(value | word) / p(value)), with additive smoothing towards independence (Church and Hanks 1990, "Word
        association norms, mutual information, and lexicography").
        """
        counts = tf.gather(self.together, _rows(words.ids))
        shares = counts + SMOOTHING * self.prior
        expected = (tf.reduce_sum(counts, axis=2, keepdims=True) + SMOOTHING) * self.prior
        return tf.where((words.ids != PADDING)[:, :, None], tf.math.log(shares / expected), 0.0)


def count_words(document: Words, value: tf.Tensor) -> tf.Tensor:
    """Count the co-occurrences of words and values in one batch.

    Args:
        document: the product's words, [B, T]; a repeated word counts once.
        value: int64 [B], 0 to VALUES - 1; any other number means no value, and the row is not counted.

    Returns:
        float32 [1, ROWS, VALUES]: the number of rows that have each value and contain each word.
    """
    counted = first_occurrences(document.ids) & ((value >= 0) & (value < VALUES))[:, None]
    cells = tf.boolean_mask(_rows(document.ids) * VALUES + value[:, None], counted)
    counts = tf.math.unsorted_segment_sum(tf.ones_like(cells, tf.float32), cells, ROWS * VALUES)
    return tf.reshape(counts, [1, ROWS, VALUES])


def value_shares(associations: Associations, text: Words) -> tf.Tensor:
    """Return the probability of each value given a text, float32 [B, VALUES]; the prior without informative words."""
    count = tf.reduce_sum(tf.cast(text.ids != PADDING, tf.float32), axis=1, keepdims=True)
    mean = tf.math.divide_no_nan(tf.reduce_sum(associations.information(text), axis=1), count)
    return tf.nn.softmax(tf.math.log(associations.prior) + SHARPNESS * mean)


def product_shares(associations: Associations, value: tf.Tensor, title: Words) -> tf.Tensor:
    """Return float32 [B, VALUES]: the product's value as a one-hot row, or `value_shares` of its title without one."""
    known = (value >= 0) & (value < VALUES)
    return tf.where(known[:, None], tf.one_hot(value, VALUES), value_shares(associations, title))


def association_features(name: str, associations: Associations, query: Words, value: tf.Tensor) -> dict[str, tf.Tensor]:
    """Return the greatest, least and mean information between the query's words and the product's value, float32 [B].

    A least value far below 0 is a conflict: a word that occurs with other values only. All are 0 where the product has
    no value or the query has no word.
    """
    present = (query.ids != PADDING) & (value >= 0)[:, None] & (value < VALUES)[:, None]
    information = tf.reduce_sum(associations.information(query) * tf.one_hot(value, VALUES)[:, None, :], axis=2)
    information = tf.where(present, information, 0.0)
    count = tf.reduce_sum(tf.cast(present, tf.float32), axis=1)
    greatest = tf.reduce_max(tf.where(present, information, information.dtype.min), axis=1)
    least = tf.reduce_min(tf.where(present, information, information.dtype.max), axis=1)
    return {
        f"{name}_most": tf.where(count > 0, greatest, 0.0),
        f"{name}_least": tf.where(count > 0, least, 0.0),
        f"{name}_mean": tf.math.divide_no_nan(tf.reduce_sum(information, axis=1), count),
    }


def _rows(ids: tf.Tensor) -> tf.Tensor:
    return tf.where(ids == PADDING, tf.zeros_like(ids), ids % ROWS)
