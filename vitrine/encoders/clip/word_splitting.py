"""CLIP's text normalisation and word splitting, in the graph.

The rules are those of `transformers.CLIPTokenizer`: NFC, lower case, then runs of letters, single digits, runs of other
characters, and English contractions. Unlike OpenAI's original code, HTML is not unescaped and `ftfy` is not called.
"""

import functools
from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text
from tokenizers import Regex, normalizers

from vitrine.encoders.added_tokens import decode
from vitrine.encoders.codepoint_tables import SEPARATOR, CodepointMap, Table, lower_case, measure, tabulate
from vitrine.encoders.nfc import Nfc

CONTRACTIONS: Final = "'s|'t|'re|'ve|'m|'ll|'d"
SPECIAL: Final = r"<\|startoftext\|>|<\|endoftext\|>"
WORD: Final = rf"{SPECIAL}|{CONTRACTIONS}|[a-z]+|[0-9]|[^ a-z0-9]+"
"""A word of a text in which every character is replaced by its kind; see `KINDS`."""
PART: Final = rf"{CONTRACTIONS}|[a-z]+|[0-9]+|[^ a-z0-9]+"
"""A part of a word after the byte-level step, which cuts a `<|endoftext|>` that lower-casing produced into three."""


class Normalizer(tf.Module):
    """Normalisation to NFC and lower case."""

    def __init__(self) -> None:
        super().__init__()
        self._nfc = Nfc()
        self._lower = CodepointMap(lower_case())

    def __call__(self, pieces: tf.Tensor) -> tf.Tensor:
        """Return strings [P] for pieces [P] from `AddedTokens.tokenize`."""
        text = tf.strings.unicode_encode(decode(pieces), "UTF-8")
        return tf.strings.unicode_encode(self._lower(tf.strings.unicode_decode(self._nfc(text), "UTF-8")), "UTF-8")


class Splitter(tf.Module):
    """Splitting of normalised texts into words."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds = CodepointMap(kinds())

    def __call__(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return the words, string [P, (W)], of normalised pieces [P] from `AddedTokens.tokenize`."""
        points = decode(pieces)
        kind = self._kinds(points)
        words = _cut(tf.strings.unicode_encode(kind, "UTF-8"), WORD)
        parts = _cut(words.values, PART)
        letters = tf.boolean_mask(points.values, kind.values != ord(" "))
        spelt = tf.RaggedTensor.from_row_lengths(letters, tf.strings.length(parts.values), validate=False)
        return words.with_values(parts.with_values(tf.strings.unicode_encode(spelt, "UTF-8"))).merge_dims(1, 2)


def _cut(kind: tf.Tensor, pattern: str) -> tf.RaggedTensor:
    return tf_text.regex_split(kind, f"{pattern}| +", pattern)


KINDS: Final = normalizers.Sequence(
    [
        normalizers.Replace(Regex(rf"(?![!-~{SEPARATOR}])\p{{L}}"), "z"),
        normalizers.Replace(Regex(r"(?![!-~])\p{N}"), "0"),
        normalizers.Replace(Regex(r"\s"), " "),
        normalizers.Replace(Regex(rf"[^ -~{SEPARATOR}]"), "!"),
    ]
)
"""Normalizer that replaces each character by an ASCII character of its kind, by the library's character classes.

Printable ASCII stays; other letters become `z`, numbers `0`, white space a space, and all others `!`.
"""


@functools.cache
def kinds() -> Table:
    """Return the table of characters' kinds; see `KINDS`."""
    return tabulate({**measure(KINDS.normalize_str), ord(SEPARATOR): "z"})
