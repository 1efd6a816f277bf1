"""Unicode's normalisation form C in the graph, as the `tokenizers` library computes it."""

import functools
from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text
from tokenizers import normalizers

from vitrine.encoders.codepoint_tables import SEPARATOR

FENCE: Final = "\U000fffff"
"""A noncharacter, which NFC does not change."""


class Nfc(tf.Module):
    """Normalisation to NFC. The library's Unicode tables decide, which are older than ICU's.

    The library neither moves marks that are unknown to it nor moves others past them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._late = f"([{''.join(sorted(late_marks()))}])"

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Return strings [P] in NFC."""
        fenced = tf.strings.regex_replace(texts, self._late, rf"{FENCE}\1{FENCE}")
        composed = tf_text.normalize_utf8(fenced, "NFC")
        return tf.strings.regex_replace(composed, f"{FENCE}{self._late}{FENCE}", r"\1")


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
