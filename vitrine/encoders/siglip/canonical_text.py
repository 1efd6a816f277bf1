"""SigLIP's cleaning of texts in the graph: lower case, no ASCII punctuation, single spaces, as Python computes it."""

import functools
import string
from typing import Final

import tensorflow as tf

from vitrine.encoders.codepoint_tables import CodepointMap, Table, measure, tabulate

CASED: Final = r"\p{Lu}\p{Ll}\p{Lt}"
IGNORED: Final = r"\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}'.:\x{00b7}\x{0387}\x{055f}\x{05f4}\x{2018}\x{2019}\x{2024}\x{2027}"
"""Characters between which and a letter the form of a sigma does not change."""


class CanonicalText(tf.Module):
    """Replacement of characters, and of white space by single spaces between words."""

    def __init__(self, lower_case: bool = True, underscore: str = ""):
        super().__init__()
        self._lower_case = lower_case
        self._characters = CodepointMap(_table(lower_case, underscore))

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Return strings [B] of strings [B]."""
        if self._lower_case:
            for _ in range(2):  # neighbours share a letter
                texts = tf.strings.regex_replace(texts, f"Σ([{IGNORED}]*[{CASED}])", r"σ\1")
            texts = tf.strings.regex_replace(texts, f"([{CASED}][{IGNORED}]*)Σ", r"\1ς")
        points = self._characters(tf.strings.unicode_decode(texts, "UTF-8"))
        single = tf.strings.regex_replace(tf.strings.unicode_encode(points, "UTF-8"), " +", " ")
        return tf.strings.regex_replace(single, "^ | $", "")


@functools.cache
def _table(lower_case: bool, underscore: str) -> Table:
    outcomes = measure(str.lower if lower_case else lambda text: text)
    outcomes |= dict.fromkeys(map(ord, string.punctuation), "") | {ord("_"): underscore}
    return tabulate({point: " " if chr(point).isspace() else text for point, text in outcomes.items()})
