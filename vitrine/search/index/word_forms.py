"""Other forms of a catalogue's words, as ids: those that `vitrine.text.inflection` makes.

Lexical candidates and scores resolve ids. The classifier reads texts, so its queries are spelled as the catalogue does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.search.index.lexical_words import ids_of_terms, word_ids
from vitrine.search.index.table_rows import rows_of
from vitrine.search.products import Products
from vitrine.text.graph_words import PADDING
from vitrine.text.inflection import catalogue_forms, joined_columns, spellings
from vitrine.text.words import vocabulary_of

TERMS: Final = 2
"""Terms of a token that are looked at: one with several has no form of its own."""

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WordForms:
    """A forms, with the word that each stands for.

    Attributes:
        forms: ids, int64 [A], ascending.
        words: the ids of the words that they stand for, int64 [A].
        spellings: these words as the catalogue writes them most often, str [A].
    """

    forms: Ids
    words: Ids
    spellings: npt.NDArray[np.object_]

    def resolve(self, ids: Ids) -> Ids:
        """Return ids, int64 of any shape, with forms replaced by the words that they stand for."""
        if not len(self.forms):
            return ids
        place = np.minimum(np.searchsorted(self.forms, ids), len(self.forms) - 1)
        return np.where(self.forms[place] == ids, self.words[place], ids)


NO_FORMS: Final = WordForms(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, object))


class FormTable(tf.Module):
    """`WordForms` inside the graph."""

    def __init__(self, forms: WordForms) -> None:
        super().__init__()
        self.size = len(forms.forms)
        self._forms = tf.Variable(forms.forms, trainable=False, name="forms", dtype=tf.int64)
        self._words = tf.Variable(forms.words, trainable=False, name="words_of_forms", dtype=tf.int64)
        self._spellings = tf.Variable(
            tf.constant(forms.spellings, tf.string, [self.size]), trainable=False, name="spellings_of_forms"
        )

    def resolve(self, ids: tf.Tensor) -> tf.Tensor:
        """Return ids as `WordForms.resolve` does."""
        if not self.size:
            return ids
        place, found = self._find(ids)
        return tf.where(found, rows_of(self._words, place), ids)

    def respelled(self, texts: tf.Tensor) -> tf.Tensor:
        """Return texts, string [B], with each form replaced by the catalogue's spelling of the word it stands for."""
        if not self.size:
            return texts
        tokens = tf.strings.split(texts)
        ids = word_ids(tokens.values, TERMS)
        place, found = self._find(ids[:, 0])
        is_one_word = found & (ids[:, 1] == PADDING)
        spelled = tf.where(is_one_word, rows_of(self._spellings, place), tokens.values)
        return tf.strings.reduce_join(tokens.with_values(spelled), axis=1, separator=" ")

    def _find(self, ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the places of ids among the forms, and whether they are there, of the shape of `ids`."""
        place = tf.reshape(tf.searchsorted(self._forms, tf.reshape(ids, [-1])), tf.shape(ids))
        place = tf.minimum(place, self.size - 1)
        return place, rows_of(self._forms, place) == ids


def word_forms(products: Products, fields: Iterable[str]) -> WordForms:
    """Return the other forms of the words in `fields` of products; none for a catalogue in English."""
    columns = [products.text_column(name) for name in fields]
    forms = catalogue_forms(columns)
    if not forms:
        return NO_FORMS
    spelled = spellings(vocabulary_of(joined_columns(columns)))
    ids, words = ids_of_terms(list(forms)), ids_of_terms(list(forms.values()))
    written = np.array([spelled.get(term, term) for term in forms.values()], object)
    order = np.argsort(ids)
    return WordForms(ids[order], words[order], written[order])
