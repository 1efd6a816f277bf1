"""Byte-level byte-pair encoding in the graph (Sennrich et al. 2016; the `</w>` variant of CLIP)."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import tensorflow as tf

MAX_WORD_BYTES: Final = 8192
"""Bytes to which a word is cut. They suffice for 77 tokens of the longest kind (64 bytes) and 3,000 bytes after them,
which can affect their merges. Without a bound, one extremely long word could block a server."""

END_OF_WORD: Final = "</w>"
_NEVER: Final = np.iinfo(np.int32).max


def byte_letters() -> list[str]:
    """Return the character that stands for each byte in a byte-level vocabulary (as GPT-2 defined it).

    Printable Latin-1 characters stand for themselves; the others, in order, for U+0100 and following.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


class BytePairs(tf.Module):
    """Byte-pair encoding of words: merges the pair learnt earliest everywhere in its word, until no pair is known.

    Words end with the suffix `end_of_word` in the vocabulary.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        merges: Sequence[tuple[str, str]],
        unknown: int,
        end_of_word: str = END_OF_WORD,
    ):
        super().__init__()
        letters = byte_letters()
        self._inner = tf.constant([vocabulary.get(letter, unknown) for letter in letters], tf.int32)
        self._last = tf.constant([vocabulary.get(letter + end_of_word, unknown) for letter in letters], tf.int32)
        self._size = max(vocabulary.values()) + 1
        pairs = np.array([(vocabulary[a], vocabulary[b], vocabulary[a + b]) for a, b in merges], np.int64).reshape(
            -1, 3
        )
        keys = pairs[:, 0] * self._size + pairs[:, 1]
        keys, first = np.unique(keys, return_index=True)
        # A sentinel key that no pair has keeps searches past the end within bounds.
        self._keys = tf.constant(np.append(keys, np.iinfo(np.int64).max))
        self._ranks = tf.constant(np.append(first, _NEVER), tf.int32)
        self._merged = tf.constant(np.append(pairs[first, 2], 0), tf.int32)

    def __call__(self, words: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [W, (T)] of non-empty words, string [W]."""
        words = tf.strings.substr(words, 0, MAX_WORD_BYTES)
        lengths = tf.strings.length(words)
        row = tf.repeat(tf.range(tf.size(words)), lengths)
        data = tf.cast(tf.io.decode_raw(tf.strings.reduce_join(words), tf.uint8), tf.int32)
        last = tf.concat([row[1:] != row[:-1], tf.ones([tf.minimum(tf.size(row), 1)], tf.bool)], axis=0)
        tokens = tf.where(last, tf.gather(self._last, data), tf.gather(self._inner, data))
        return self._merge_all(tokens, row, tf.size(words, tf.int64))

    def _merge_all(self, tokens: tf.Tensor, row: tf.Tensor, words: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [W, (T)] of a number of words, int64 [], whose tokens are in the words `row`, int32."""
        tokens, row, _ = tf.while_loop(
            lambda _tokens, _row, merging: merging,
            lambda tokens, row, _: self._merge(tokens, row),
            (tokens, row, tf.size(tokens) > 1),
            shape_invariants=(tf.TensorShape([None]), tf.TensorShape([None]), tf.TensorShape([])),
        )
        return tf.RaggedTensor.from_value_rowids(tokens, tf.cast(row, tf.int64), words, validate=False)

    def _merge(self, tokens: tf.Tensor, row: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Merge all occurrences of each word's best pair; in a run such as `aaa`, from the left."""
        key = tf.cast(tokens[:-1], tf.int64) * self._size + tf.cast(tokens[1:], tf.int64)
        place = tf.searchsorted(self._keys, key)
        known = (tf.gather(self._keys, place) == key) & (row[:-1] == row[1:])
        rank = tf.where(known, tf.gather(self._ranks, place), _NEVER)
        best = tf.math.unsorted_segment_min(rank, row[:-1], row[-1] + 1)
        wanted = known & (rank == tf.gather(best, row[:-1]))
        position = tf.range(tf.size(rank))
        run = tf.cumsum(tf.cast(wanted & ~tf.concat([[False], wanted[:-1]], axis=0), tf.int32))
        run_start = tf.gather(tf.math.unsorted_segment_min(tf.where(wanted, position, _NEVER), run, run[-1] + 1), run)
        chosen = wanted & ((position - run_start) % 2 == 0)
        left = tf.concat([chosen, [False]], axis=0)
        merged = tf.where(left, tf.concat([tf.gather(self._merged, place), [0]], axis=0), tokens)
        kept = ~tf.concat([[False], chosen], axis=0)
        tokens, row = tf.boolean_mask(merged, kept), tf.boolean_mask(row, kept)
        return tokens, row, tf.reduce_any(chosen) & (tf.size(tokens) > 1)
