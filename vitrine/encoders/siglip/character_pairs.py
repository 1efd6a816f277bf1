"""Byte-pair encoding of characters with bytes for unknown ones, in the graph, as Gemma's tokenizer has it."""

from collections.abc import Mapping, Sequence
from typing import Final

import tensorflow as tf

from vitrine.encoders.clip.byte_pair_encoding import BytePairs

MAX_WORD: Final = 8192
"""Characters to which a word is cut. Without a bound, one extremely long word could block a server."""


def byte_token(byte: int) -> str:
    """Return the token of a byte."""
    return f"<0x{byte:02X}>"


class CharacterPairs(BytePairs):
    """Byte-pair encoding whose words start as characters of the vocabulary, or as bytes where they are not in it."""

    def __init__(self, vocabulary: Mapping[str, int], merges: Sequence[tuple[str, str]]):
        super().__init__(vocabulary, merges, unknown=0)
        single = {token: index for token, index in vocabulary.items() if len(token) == 1}
        keys = tf.constant([token.encode() for token in single], tf.string)
        rows = tf.lookup.KeyValueTensorInitializer(keys, tf.constant(list(single.values()), tf.int32))
        self._characters = tf.lookup.StaticHashTable(rows, default_value=-1)
        self._bytes = tf.constant([vocabulary[byte_token(byte)] for byte in range(256)], tf.int32)

    def __call__(self, words: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [W, (T)] of words, string [W], in which bytes that are not UTF-8 stand for NUL."""
        characters = tf.strings.unicode_split(words, "UTF-8", replacement_char=0)[:, :MAX_WORD]
        flat = characters.values
        whole, size = self._characters.lookup(flat), tf.strings.length(flat)
        count = tf.where(whole < 0, size, 1)
        index = tf.repeat(tf.range(tf.size(flat)), count)
        place = tf.range(tf.size(index)) - tf.gather(tf.cumsum(count, exclusive=True), index)
        data = tf.cast(tf.io.decode_raw(tf.strings.reduce_join(flat), tf.uint8), tf.int32)
        letters = tf.gather(data, tf.gather(tf.cumsum(size, exclusive=True), index) + place)
        tokens = tf.where(tf.gather(whole, index) < 0, tf.gather(self._bytes, letters), tf.gather(whole, index))
        row = tf.gather(tf.cast(characters.value_rowids(), tf.int32), index)
        return self._merge_all(tokens, row, tf.size(words, tf.int64))
