"""The measurements in the texts of products, inside the graph, and the queries that they contradict.

A query for a mug of 450 ml is contradicted by a product of which only other volumes in millilitres are known. Units are
not converted beyond what the text analysis does: 12 inch and 1 ft say nothing about each other.
"""

import numpy as np
import tensorflow as tf

from vitrine.search.index.lexical_words import unit_of
from vitrine.search.index.postings import Postings
from vitrine.search.index.table_rows import rows_of
from vitrine.text.graph_words import PADDING


class Measurements(tf.Module):
    """The ids of the measurements of N products, which stand one after the other, from `starts` [N + 1] on."""

    def __init__(self, postings: Postings) -> None:
        super().__init__()
        measured = np.flatnonzero(unit_of(postings.words))
        places = [np.arange(postings.starts[word], postings.starts[word + 1]) for word in measured]
        place = np.concatenate([*places, np.empty(0, np.int64)])
        rows = postings.rows[place]
        ids = np.repeat(postings.words[measured], [len(each) for each in places])
        order = np.argsort(rows, kind="stable")
        starts = np.searchsorted(rows[order], np.arange(postings.count + 1))
        self._ids = tf.Variable([*ids[order], PADDING], trainable=False, name="measurements", dtype=tf.int64)
        self._starts = tf.Variable(starts, trainable=False, name="measurement_starts", dtype=tf.int32)

    def of(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the ids of the measurements of `rows` int32 [B, R]: int64 [B, R, M], `PADDING` past their end."""
        flat = tf.reshape(rows, [-1])
        places = tf.ragged.range(rows_of(self._starts, flat), rows_of(self._starts, flat + 1))
        ids = places.with_values(rows_of(self._ids, places.values)).to_tensor(default_value=PADDING)
        return tf.reshape(ids, tf.concat([tf.shape(rows), [tf.shape(ids)[1]]], axis=0))


def only_measurements(ids: tf.Tensor) -> tf.Tensor:
    """Return ids of words, int64 of any shape, with `PADDING` instead of those that are no measurements."""
    return tf.where(unit_of(ids) > 0, ids, tf.constant(PADDING, tf.int64))


def contradicted(query: tf.Tensor, products: tf.Tensor) -> tf.Tensor:
    """Return whether products contradict queries, bool [B, R].

    They do if the query has measurements in a unit, and the product has some in that unit, too, but none of the same.

    Args:
        query: measurements of the queries, int64 [B, Q], `PADDING` elsewhere.
        products: measurements of the products, int64 [B, R, M], `PADDING` elsewhere.
    """
    wanted, given = query[:, tf.newaxis, :, tf.newaxis], products[:, :, tf.newaxis, :]
    same = tf.reduce_any((wanted == given) & (wanted != PADDING), axis=3)
    comparable = tf.reduce_any((unit_of(wanted) == unit_of(given)) & (wanted != PADDING), axis=3)
    units = unit_of(query)
    siblings = (units[:, :, tf.newaxis] == units[:, tf.newaxis, :])[:, tf.newaxis]
    is_met = tf.reduce_any(siblings & same[:, :, tf.newaxis, :], axis=3)
    return tf.reduce_any(comparable & ~is_met, axis=2)
