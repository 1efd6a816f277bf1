"""Tokens that stand for themselves in raw text, such as `[SEP]` or `<|endoftext|>`."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

import tensorflow as tf
import tensorflow_text as tf_text


class AddedToken(NamedTuple):
    """A token that the text is searched for before anything else happens to it."""

    content: str
    id: int


class AddedTokens(tf.Module):
    """Cuts texts at added tokens, as `tokenizers` does: leftmost first, then longest."""

    def __init__(self, tokens: Iterable[AddedToken]):
        super().__init__()
        longest_first = sorted(tokens, key=lambda token: len(token.content), reverse=True)
        self._pattern = "|".join(re.escape(token.content) for token in longest_first)
        keys, values = [token.content for token in longest_first], [token.id for token in longest_first]
        self._ids = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(keys, values, tf.string, tf.int64), default_value=-1
        )

    def tokenize(self, texts: tf.Tensor, rest: Callable[[tf.Tensor], tf.RaggedTensor]) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of strings [B]; `rest` gives the ids [P, (T)] of the pieces [P] between."""
        # RegexSplitWithOffsets drops what follows a NUL. A byte that is not UTF-8 takes its place; `decode` undoes it.
        safe = tf.strings.regex_replace(texts, r"\x00", b"\xff")
        pieces = tf_text.regex_split(safe, self._pattern, self._pattern)
        added = tf.cast(self._ids.lookup(pieces.values), tf.int32)
        between = rest(tf.where(added < 0, pieces.values, ""))
        alone = tf.RaggedTensor.from_row_lengths(tf.boolean_mask(added, added >= 0), tf.cast(added >= 0, tf.int64))
        ids = tf.concat([between, alone], axis=1)
        return pieces.with_values(ids).merge_dims(1, 2)


def decode(pieces: tf.Tensor) -> tf.RaggedTensor:
    """Return the int32 code points [P, (C)] of the pieces that `AddedTokens.tokenize` hands out."""
    return tf.strings.unicode_decode(pieces, "UTF-8", replacement_char=0)
