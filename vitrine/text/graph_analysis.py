"""Analysis of texts into terms inside the graph: those of `vitrine.text.analysis`, with core TensorFlow ops only."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.text.folding import FOLDED, folding_table
from vitrine.text.rules import INFLECTED, JOINED, TERM_RULES, TEXT_RULES, Rule

_UNCHANGED: Final = 0
"""Mark of a character that is not changed. The character of this number is folded to a space."""


def analyse(texts: tf.Tensor) -> tf.RaggedTensor:
    """Return the terms of each text in order, with the forms that join several behind them.

    Args:
        texts: string [B], UTF-8.

    Returns:
        string [B, (T)].
    """
    words = tf.strings.split(_apply(TEXT_RULES, fold(texts)))
    return words.with_values(remove_inflection(tf.strings.regex_replace(words.values, rf"^\{JOINED}+", "")))


def remove_inflection(words: tf.Tensor) -> tf.Tensor:
    """Apply `TERM_RULES` to folded words, string [N]."""
    # Texts repeat words, and regular expressions are slow: most words need no rule.
    distinct, index = tf.unique(words)
    rows = tf.where(tf.strings.regex_full_match(distinct, INFLECTED))
    stems = _apply(TERM_RULES, tf.gather_nd(distinct, rows))
    return tf.gather(tf.tensor_scatter_nd_update(distinct, rows, stems), index)


def fold(texts: tf.Tensor) -> tf.Tensor:
    """Fold each character of texts, string [B], by `folding_table`; invalid bytes become spaces."""
    codes, starts = _table()
    points = tf.strings.unicode_decode(texts, "UTF-8")
    slots = tf.minimum(points.values, FOLDED)
    folded = tf.gather(codes, tf.ragged.range(tf.gather(starts, slots), tf.gather(starts, slots + 1)))
    unchanged = tf.repeat(points.values, folded.row_lengths())
    folded = folded.with_values(tf.where(folded.values == _UNCHANGED, unchanged, folded.values))
    return tf.strings.unicode_encode(points.with_values(folded).merge_dims(1, 2), "UTF-8")


@cache  # every trace of a graph needs it
def _table() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the folded code points of all characters, one after the other, and where each character's start.

    The last character stands for all that are not folded.
    """
    table = folding_table()
    folded = [[ord(part) for part in table.get(code, chr(_UNCHANGED))] for code in range(FOLDED + 1)]
    starts = np.cumsum([0, *map(len, folded)])
    return np.concatenate(folded).astype(np.int32), starts.astype(np.int32)


def _apply(rules: Sequence[Rule], texts: tf.Tensor) -> tf.Tensor:
    for pattern, replacement in rules:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return texts
