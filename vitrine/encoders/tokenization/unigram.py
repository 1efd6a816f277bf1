"""Unigram segmentation of words in the graph (Kudo 2018), as the `tokenizers` library computes it.

TF Text's SentencePiece op adds scores in float32, and so breaks ties between segmentations of equal score differently.
Here scores are added in float64 and the longest last piece wins a tie, as in the library.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import tensorflow as tf

MAX_WORD: Final = 8192
"""Characters to which a word is cut. They suffice for 512 tokens of 16 characters. Without a bound, one extremely long
word could block a server."""
PENALTY: Final = 10.0
"""Distance of an unknown character's score to the lowest one of all pieces."""


class Unigram(tf.Module):
    """The best segmentation of words into the pieces of a vocabulary; neighbouring unknown characters are one token."""

    def __init__(self, vocabulary: Sequence[tuple[str, float]], unknown: int):
        super().__init__()
        pieces = [piece for piece, _ in vocabulary]
        scores = np.array([score for _, score in vocabulary], np.float64)
        last = {piece: index for index, piece in enumerate(pieces)}
        self._unknown = unknown
        self._longest = max(map(len, pieces))
        self._scores = tf.constant(np.append(scores, -np.inf))
        self._unknown_score = float(scores.min()) - PENALTY
        keys = tf.constant([piece.encode() for piece in last], tf.string)
        rows = tf.lookup.KeyValueTensorInitializer(keys, tf.constant(list(last.values()), tf.int32))
        self._rows = tf.lookup.StaticHashTable(rows, default_value=len(pieces))
        self._none = len(pieces)

    def __call__(self, words: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [W, (T)] of words, string [W]."""
        chars = tf.strings.unicode_split(words, "UTF-8")[:, :MAX_WORD]
        flat, row = chars.values, tf.cast(chars.value_rowids(), tf.int32)
        ids = self._pieces_by_end(flat, row)
        lengths, starts = tf.cast(chars.row_lengths(), tf.int32), tf.cast(chars.row_starts(), tf.int32)
        choice = self._choose(ids, lengths, starts)
        ends = self._backtrack(choice, starts, lengths)
        token = tf.gather(ids, choice, batch_dims=1)
        token = tf.where(token == self._none, self._unknown, token)
        row, token = tf.boolean_mask(row, ends), tf.boolean_mask(token, ends)
        same = tf.concat([[False], (token[1:] == token[:-1]) & (row[1:] == row[:-1])], axis=0)[: tf.size(token)]
        kept = ~(same & (token == self._unknown))
        return tf.RaggedTensor.from_value_rowids(
            tf.boolean_mask(token, kept),
            tf.cast(tf.boolean_mask(row, kept), tf.int64),
            tf.size(words, tf.int64),
            validate=False,
        )

    def _pieces_by_end(self, flat: tf.Tensor, row: tf.Tensor) -> tf.Tensor:
        """Return the piece of each length that ends at each character, int32 [N, K], longest first."""
        piece, columns = flat, [self._rows.lookup(flat)]
        for length in range(1, self._longest):
            before = tf.concat([tf.fill([length], -1), row[:-length]], axis=0)[: tf.size(row)]
            first = tf.concat([tf.fill([length], ""), flat[:-length]], axis=0)[: tf.size(row)]
            piece = tf.where((before == row) & (piece != ""), tf.strings.join([first, piece]), "")
            columns.append(self._rows.lookup(piece))
        return tf.stack(columns[::-1], axis=1)

    def _choose(self, ids: tf.Tensor, lengths: tf.Tensor, starts: tf.Tensor) -> tf.Tensor:
        """Return the column of the last piece of the best segmentation up to each character, int32 [N]."""
        scores = tf.gather(self._scores, ids)
        single = tf.where(ids[:, -1] == self._none, tf.cast(self._unknown_score, tf.float64), scores[:, -1])
        scores = tf.concat([scores[:, :-1], single[:, tf.newaxis]], axis=1)
        order = tf.argsort(lengths, direction="DESCENDING", stable=True)
        lengths, starts = tf.gather(lengths, order), tf.gather(starts, order)
        count = tf.size(lengths)
        impossible = tf.fill([count, self._longest - 1], tf.constant(-np.inf, tf.float64))
        window = tf.concat([impossible, tf.zeros([count, 1], tf.float64)], axis=1)
        steps = tf.reduce_max(tf.concat([lengths, [1]], axis=0))  # an empty array cannot be joined eagerly
        array = tf.TensorArray(tf.int32, size=steps, infer_shape=False, element_shape=[None])

        def step(index: tf.Tensor, window: tf.Tensor, array: tf.TensorArray) -> tuple[tf.Tensor, ...]:
            active = tf.reduce_sum(tf.cast(lengths > index, tf.int32))
            window = window[:active]
            candidates = window + tf.gather(scores, starts[:active] + index)
            column = tf.argmax(candidates, axis=1, output_type=tf.int32)
            best = tf.reduce_max(candidates, axis=1)
            return index + 1, tf.concat([window[:, 1:], best[:, tf.newaxis]], axis=1), array.write(index, column)

        _, _, array = tf.while_loop(
            lambda index, _window, _array: index < steps,
            step,
            (0, window, array),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, self._longest]), None),
        )
        # Step by step, and within a step in `order`, so the places of the columns are those of the active words.
        mask = tf.sequence_mask(lengths, steps)
        places = starts[:, tf.newaxis] + tf.range(steps)
        places = tf.boolean_mask(tf.transpose(places), tf.transpose(mask))
        return tf.scatter_nd(places[:, tf.newaxis], array.concat(), [tf.shape(ids)[0]])

    def _backtrack(self, choice: tf.Tensor, starts: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Return bool [N], set at the last character of each piece of the best segmentations."""
        size = self._longest - choice
        place, first = tf.boolean_mask(starts + lengths - 1, lengths > 0), tf.boolean_mask(starts, lengths > 0)
        ends = tf.zeros([tf.size(choice)], tf.bool)

        def step(place: tf.Tensor, first: tf.Tensor, ends: tf.Tensor) -> tuple[tf.Tensor, ...]:
            ends = tf.tensor_scatter_nd_update(ends, place[:, tf.newaxis], tf.ones_like(place, tf.bool))
            place = place - tf.gather(size, place)
            inside = place >= first
            return tf.boolean_mask(place, inside), tf.boolean_mask(first, inside), ends

        _, _, ends = tf.while_loop(
            lambda place, _first, _ends: tf.size(place) > 0,
            step,
            (place, first, ends),
            shape_invariants=(tf.TensorShape([None]), tf.TensorShape([None]), tf.TensorShape([None])),
        )
        return ends
