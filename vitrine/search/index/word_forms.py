"""Other forms of a catalogue's words, as ids: those that `vitrine.text.inflection` makes."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from vitrine.search.index.lexical_words import ids_of_terms
from vitrine.search.products import Products
from vitrine.search.row_blocks import sampled_rows
from vitrine.text.analysis import word_counts
from vitrine.text.inflection import is_inflected, other_forms

SAMPLE: Final = 20_000
"""Products that tell the language of a catalogue."""

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WordForms:
    """A forms, with the word that each stands for.

    Attributes:
        forms: ids, int64 [A], ascending.
        words: the ids of the words that they stand for, int64 [A].
    """

    forms: Ids
    words: Ids

    def resolve(self, ids: Ids) -> Ids:
        """Return ids, int64 of any shape, with forms replaced by the words that they stand for."""
        if not len(self.forms):
            return ids
        place = np.minimum(np.searchsorted(self.forms, ids), len(self.forms) - 1)
        return np.where(self.forms[place] == ids, self.words[place], ids)


NO_FORMS: Final = WordForms(np.empty(0, np.int64), np.empty(0, np.int64))


class FormTable(tf.Module):
    """`WordForms` inside the graph."""

    def __init__(self, forms: WordForms) -> None:
        super().__init__()
        self.size = len(forms.forms)
        self._forms = tf.Variable(forms.forms, trainable=False, name="forms", dtype=tf.int64)
        self._words = tf.Variable(forms.words, trainable=False, name="words_of_forms", dtype=tf.int64)

    def resolve(self, ids: tf.Tensor) -> tf.Tensor:
        """Return ids as `WordForms.resolve` does."""
        if not self.size:
            return ids
        place = tf.reshape(tf.searchsorted(self._forms, tf.reshape(ids, [-1])), tf.shape(ids))
        place = tf.minimum(place, self.size - 1)
        return tf.where(tf.gather(self._forms, place) == ids, tf.gather(self._words, place), ids)


def word_forms(products: Products, fields: Iterable[str]) -> WordForms:
    """Return the other forms of the words in `fields` of products; none for a catalogue in English."""
    names = list(fields)
    sample = products.texts(sampled_rows(products.count, SAMPLE, seed=0))
    if not is_inflected(word_counts(pa.chunked_array([pa.array(sample[name], pa.string()) for name in names]))):
        return NO_FORMS
    chunks = chain.from_iterable(products.text_column(name).chunks for name in names)
    forms = other_forms(word_counts(pa.chunked_array(chunks, pa.string())))
    ids, words = ids_of_terms(list(forms)), ids_of_terms(list(forms.values()))
    order = np.argsort(ids)
    return WordForms(ids[order], words[order])
