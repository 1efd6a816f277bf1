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
from vitrine.encoders.codepoint_tables import SEPARATOR, CodepointMap, Table, measure, tabulate

CONTRACTIONS: Final = "'s|'t|'re|'ve|'m|'ll|'d"
SPECIAL: Final = r"<\|startoftext\|>|<\|endoftext\|>"
WORD: Final = rf"{SPECIAL}|{CONTRACTIONS}|[a-z]+|[0-9]|[^ a-z0-9]+"
"""A word of a text in which every character is replaced by its kind; see `KINDS`."""
PART: Final = rf"{CONTRACTIONS}|[a-z]+|[0-9]+|[^ a-z0-9]+"
"""A part of a word after the byte-level step, which cuts a `<|endoftext|>` that lower-casing produced into three."""

FENCE: Final = "\U000fffff"
"""A noncharacter, which NFC does not change."""


class Normalizer(tf.Module):
    """Normalisation to NFC and lower case."""

    def __init__(self) -> None:
        super().__init__()
        self._lower = CodepointMap(_lower())
        self._late = f"([{''.join(sorted(late_marks()))}])"

    def __call__(self, pieces: tf.Tensor) -> tf.Tensor:
        """Return strings [P] for pieces [P] from `AddedTokens.tokenize`."""
        text = tf.strings.unicode_encode(decode(pieces), "UTF-8")
        # The library's Unicode tables are older than ICU's: it neither moves marks that are unknown to it nor moves
        # others past them.
        fenced = tf.strings.regex_replace(text, self._late, rf"{FENCE}\1{FENCE}")
        composed = tf_text.normalize_utf8(fenced, "NFC")
        text = tf.strings.regex_replace(composed, f"{FENCE}{self._late}{FENCE}", r"\1")
        return tf.strings.unicode_encode(self._lower(tf.strings.unicode_decode(text, "UTF-8")), "UTF-8")


class Splitter(tf.Module):
    """Splitting of normalised texts into words."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds = CodepointMap(_kinds())

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
def _lower() -> Table:
    return tabulate(measure(normalizers.Lowercase().normalize_str))


@functools.cache
def _kinds() -> Table:
    return tabulate({**measure(KINDS.normalize_str), ord(SEPARATOR): "z"})


@functools.cache
def late_marks() -> set[str]:
    """Return the characters that ICU's NFC moves or composes with the next one, and the library's NFC does not."""
    chars = [chr(point) for point in (*range(0x300, 0xD800), *range(0xE000, 0x20000)) if chr(point) != SEPARATOR]
    moved = [
        char
        for around in ("x{}\u0334", "x\u0302{}")
        for char, ours, theirs in zip(chars, *_both([around.format(char) for char in chars]), strict=True)
        if ours != theirs
    ]
    parts = _icu(chars, "NFD")
    parts = [part for part in parts if len(part) > 1]
    joined = [
        char for part, ours, theirs in zip(parts, *_both(parts), strict=True) if ours != theirs for char in part[:-1]
    ]
    return {*moved, *joined}


def _both(texts: list[str]) -> tuple[list[str], list[str]]:
    library = normalizers.NFC().normalize_str(SEPARATOR.join(texts)).split(SEPARATOR)
    return _icu(texts, "NFC"), library


def _icu(texts: list[str], form: str) -> list[str]:
    normal: bytes = tf_text.normalize_utf8(tf.constant(SEPARATOR.join(texts).encode()), form).numpy()
    return normal.decode().split(SEPARATOR)
