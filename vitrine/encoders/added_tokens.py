"""Added tokens, which are matched literally in texts, such as `[SEP]` or `<|endoftext|>`."""

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import tensorflow as tf
import tensorflow_text as tf_text

SPACE: Final = r"[\t-\r\x{85}\pZ]"
"""One character of white space, as Unicode defines it, in RE2's syntax."""


class AddedToken(NamedTuple):
    """A token that is matched in the raw text, or in the normalised text if `normalized`.

    White space before it (`lstrip`) or after it (`rstrip`) becomes a part of it.
    """

    content: str
    id: int
    normalized: bool = False
    lstrip: bool = False
    rstrip: bool = False


class AddedTokens(tf.Module):
    """Splitting of texts at added tokens, as `tokenizers` does it: leftmost match first, then longest."""

    def __init__(self, tokens: Iterable[AddedToken]):
        super().__init__()
        longest_first = sorted(tokens, key=lambda token: len(token.content), reverse=True)
        self._pattern = "|".join(_pattern(token) for token in longest_first)
        self._strips = any(token.lstrip or token.rstrip for token in longest_first)
        self._contents = tf.constant([token.content for token in longest_first], tf.string)
        self._ids = tf.constant([token.id for token in longest_first], tf.int32)

    def tokenize(self, texts: tf.Tensor, rest: Callable[[tf.Tensor], tf.RaggedTensor]) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of strings [B]; `rest` returns the ids [P, (T)] of the pieces [P] in between.

        `rest` must read the pieces with `decode`.
        """
        # RegexSplitWithOffsets drops the text after a NUL, so a byte that is not UTF-8 replaces it until `decode`.
        safe = tf.strings.regex_replace(texts, r"\x00", b"\xff")
        if not self._pattern:
            return rest(safe)
        pieces = tf_text.regex_split(safe, self._pattern, self._pattern)
        matches = pieces.values[:, tf.newaxis] == self._contents
        if self._strips:
            bare = tf.strings.regex_replace(pieces.values, f"^{SPACE}+|{SPACE}+$", "")
            matches |= bare[:, tf.newaxis] == self._contents
        added = tf.reduce_max(tf.where(matches, self._ids, -1), axis=1)
        between = rest(tf.where(added < 0, pieces.values, ""))
        alone = tf.RaggedTensor.from_row_lengths(tf.boolean_mask(added, added >= 0), tf.cast(added >= 0, tf.int64))
        return pieces.with_values(tf.concat([between, alone], axis=1)).merge_dims(1, 2)


def _pattern(token: AddedToken) -> str:
    left, right = (f"{SPACE}*" if strips else "" for strips in (token.lstrip, token.rstrip))
    return f"{left}{re.escape(token.content)}{right}"


def decode(pieces: tf.Tensor) -> tf.RaggedTensor:
    """Return the int32 code points [P, (C)] of the pieces that `AddedTokens.tokenize` passes to `rest`."""
    return tf.strings.unicode_decode(pieces, "UTF-8", replacement_char=0)
