"""Cleaning of characters as open_clip does it before it splits texts, in the graph.

open_clip calls `ftfy.fix_text` and unescapes HTML. Computed here is what `ftfy` does character by character: straight
quotes, letters instead of ligatures, half instead of full width, and no control characters. Text that was decoded
wrongly is not repaired, and HTML's entities are left; both belong into the preparation of a catalogue.
"""

import functools
import unicodedata
from typing import Final

import tensorflow as tf

from vitrine.encoders.codepoint_tables import CodepointMap, Table, measure, tabulate

LIGATURES: Final = "ĲĳŉǱǲǳǄǅǆǇǈǉǊǋǌﬀﬁﬂﬃﬄﬅﬆ"
LETTERS: Final = "IJ ij 'n DZ Dz dz DŽ Dž dž LJ Lj lj NJ Nj nj ff fi fl ffi ffl ſt st"
SINGLE_QUOTES: Final = "\x82\x91\x92\u02bc\u2018\u2019\u201a\u201b"
DOUBLE_QUOTES: Final = "\x84\x93\x94\u201c\u201d\u201e\u201f"
WIDE: Final = (0x3000, *range(0xFF01, 0xFFF0))
"""Characters in full or half width, beside Latin letters and in Asian scripts."""
C1: Final = range(0x80, 0xA0)
"""Control characters that stand for those of Windows-1252 where a text was decoded as Latin-1."""
REMOVED: Final = (
    *range(0x09),
    0x0B,
    *range(0x0E, 0x20),
    0x7F,
    *range(0x206A, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFD),
)
"""Control characters that have no meaning in a text."""


class Cleaning(tf.Module):
    """Replacement of characters in texts."""

    def __init__(self) -> None:
        super().__init__()
        self._characters = CodepointMap(_table())

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Return the cleaned strings [B] of strings [B]."""
        points = self._characters(tf.strings.unicode_decode(texts, "UTF-8"))
        return tf.strings.unicode_encode(points, "UTF-8")


@functools.cache
def _table() -> Table:
    outcomes = measure(lambda text: text)
    outcomes |= {ord(ligature): letters for ligature, letters in zip(LIGATURES, LETTERS.split(), strict=True)}
    outcomes |= {point: unicodedata.normalize("NFKC", chr(point)) for point in WIDE}
    outcomes |= {point: bytes([point]).decode("cp1252", "ignore") or chr(point) for point in C1}
    outcomes |= {ord(quote): "'" for quote in SINGLE_QUOTES} | {ord(quote): '"' for quote in DOUBLE_QUOTES}
    return tabulate(outcomes | dict.fromkeys(REMOVED, ""))
