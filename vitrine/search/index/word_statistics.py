"""The words of a catalogue by id, with their inverse document frequencies, inside the graph."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from vitrine.search.index.lexical_words import QUERY_WORDS, query_ids
from vitrine.search.index.postings import LEVELS, Postings
from vitrine.search.index.table_rows import rows_of
from vitrine.search.index.word_forms import FormTable
from vitrine.search.settings import LexicalSettings
from vitrine.text.graph_words import PADDING, first_occurrences


class WordScores(NamedTuple):
    """The words that queries and products share, each of any one shape.

    Attributes:
        lexical: float32, the score of `vitrine.search.index.postings`.
        coverage: float32, the share of the query's inverse document frequencies whose words the product has.
    """

    lexical: tf.Tensor
    coverage: tf.Tensor


class WordStatistics(tf.Module):
    """V words, sorted by id: a table of hashes is smaller than a hash table, and needs no building at every load.

    `lengths` are the mean numbers of words of the indexed fields.
    """

    def __init__(self, postings: Postings, settings: LexicalSettings) -> None:
        """Take the words of `postings`, which were built with `settings`."""
        super().__init__()
        self.settings = settings
        self.size, self.lengths = len(postings.words), dict(postings.lengths)
        # An id that no word has stands behind the last one, so that a catalogue without words has a table, too.
        ids, idf = np.append(postings.words, np.int64(tf.int64.max)), np.append(postings.idf, np.float32(0))
        self.forms = FormTable(postings.forms)
        self._ids = tf.Variable(ids, trainable=False, name="word_ids", dtype=tf.int64)
        self._idf = tf.Variable(idf, trainable=False, name="idf", dtype=tf.float32)

    def find(self, query: tf.Tensor) -> tf.Tensor:
        """Return the places of the distinct words of `query` string [B]: int32 [B, T], V for unknown words.

        T is as small as the batch allows.
        """
        return self.places(query_ids(query))

    def places(self, ids: tf.Tensor) -> tf.Tensor:
        """Return the places of the ids of distinct words, as `find` does, for int64 [B, `QUERY_WORDS`]."""
        if self.forms.size:
            ids = self.forms.resolve(ids)
            ids = tf.where(first_occurrences(ids), ids, tf.constant(PADDING, tf.int64))
        places = tf.reshape(tf.searchsorted(self._ids, tf.reshape(ids, [-1])), tf.shape(ids))
        known = rows_of(self._ids, places) == ids
        longest = tf.reduce_max(tf.where(known, tf.range(1, QUERY_WORDS + 1), 0))
        # The maximum of no query is the lowest number.
        return tf.where(known, places, self.size)[:, : tf.maximum(longest, 0)]

    def ids(self, places: tf.Tensor) -> tf.Tensor:
        """Return the ids of the words at `places`, int64 of their shape."""
        return rows_of(self._ids, places)

    def idf(self, places: tf.Tensor) -> tf.Tensor:
        """Return the inverse document frequencies at `places`, float32 of their shape; 0 for unknown words."""
        return rows_of(self._idf, places)

    def scores(self, words: tf.Tensor, levels: tf.Tensor) -> WordScores:
        """Return the scores [B, R] of products whose postings of `words` int32 [B, T] have `levels` float32 [B, R, T].

        Without a posting, the level is 0.
        """
        idf = self.idf(words)
        held = tf.linalg.matvec(tf.cast(levels > 0, tf.float32), idf)
        coverage = tf.math.divide_no_nan(held, tf.reduce_sum(idf, axis=1, keepdims=True))
        return WordScores(tf.linalg.matvec(levels, idf / LEVELS), coverage)
