"""Forms of a catalogue's words in languages other than English: `tassen` for `tasse`, `relojes` for `reloj`.

The endings of German, French and Spanish nouns are those of English singulars, so no rule for all texts can remove
them. A catalogue's language is known, however, and so are its words: their other forms are made here, each with the
term of the catalogue that it stands for. Two words are one if an ending of the language distinguishes them and a
Snowball stemmer agrees; stemmers alone also join words that only look alike (`cama` and `cámara`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import Stemmer

from vitrine.text.analysis import analyse_column, terms_of_words, text_array, word_counts
from vitrine.text.languages import ENDINGS, language_of

SHORTEST_STEM: Final = 3
SAMPLE: Final = 2_000
"""Products that tell the language of a catalogue."""


class Vocabulary(NamedTuple):
    """The terms of a catalogue, and other forms of its words.

    Attributes:
        terms: the terms of its texts, and the forms.
        forms: the term that each form stands for, as `other_forms` returns them.
    """

    terms: frozenset[str]
    forms: Mapping[str, str]

    @classmethod
    def of(cls, texts: pa.Array | pa.ChunkedArray) -> "Vocabulary":
        """Return the vocabulary of a catalogue's texts."""
        words = word_counts(texts)
        forms = other_forms(words)
        return cls(frozenset(terms_of_words(list(words))) | forms.keys(), forms)


def catalogue_forms(columns: Sequence[pa.ChunkedArray]) -> dict[str, str]:
    """Return `other_forms` of the words in text columns of a catalogue of N products, each string [N].

    A sample tells the language first, so that a catalogue without other forms is not read.
    """
    count = len(columns[0]) if columns else 0
    rows = pa.array(np.unique(np.linspace(0, count - 1, min(SAMPLE, count), dtype=np.int64)))
    sample = pa.chunked_array([column.take(rows).combine_chunks() for column in columns], pa.string())
    if language_of(word_counts(sample)) not in ENDINGS:
        return {}
    return other_forms(word_counts(joined_columns(columns)))


def joined_columns(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """Return columns of texts one after the other."""
    return pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string())


def other_forms(words: Mapping[str, int]) -> dict[str, str]:
    """Return the terms that stand for another one, with the term that they stand for.

    Args:
        words: how often a catalogue has each word, as `word_counts` returns them.

    Returns:
        Terms that are not in the catalogue, or less often than the one they stand for, which stands for itself. Empty
        for a catalogue in a language without endings in `vitrine.text.languages`.
    """
    language = language_of(words)
    if language not in ENDINGS:
        return {}
    pairs = list(_alternatives(words, language))
    own = dict(zip(words, terms_of_words(list(words)), strict=True))
    forms = terms_of_words([form for _, form in pairs])
    counts: dict[str, int] = {}
    for word, term in own.items():
        counts[term] = counts.get(term, 0) + words[word]
    return _representatives([(own[word], form) for (word, _), form in zip(pairs, forms, strict=True)], counts)


def spellings(vocabulary: Mapping[str, int]) -> dict[str, str]:
    """Return for each term the most frequent word that has it alone, of words counted by `vocabulary_of`."""
    words = sorted(vocabulary, key=lambda word: (vocabulary[word], word))
    lists = analyse_column(text_array(words)).to_pylist()
    return {terms[0]: word for word, terms in zip(words, lists, strict=True) if len(terms) == 1}


def _alternatives(words: Mapping[str, int], language: str) -> Iterator[tuple[str, str]]:
    """Yield each word with each of its other forms."""
    stemmer, endings = Stemmer.Stemmer(language), ENDINGS[language]
    for word in words:
        if not (word.isascii() and word.isalpha()):
            continue
        forms = {
            word[: len(word) - len(ending)] + other
            for ending in endings.added
            if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM
            for other in endings.added
        } - {word}
        candidates = sorted(forms)
        stem = stemmer.stemWord(word)
        yield from (
            (word, form) for form, other in zip(candidates, stemmer.stemWords(candidates), strict=True) if other == stem
        )
        for singular, plural in endings.replaced:
            for ending, other in ((singular, plural), (plural, singular)):
                if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM - 1:
                    yield word, word[: len(word) - len(ending)] + other


def _representatives(pairs: list[tuple[str, str]], counts: Mapping[str, int]) -> dict[str, str]:
    """Return the most frequent term of the set that each term belongs to, for those that are not it themselves.

    Terms that the catalogue does not have join no sets: of two words of the catalogue with a form in common, the more
    frequent one has it.
    """
    parents: dict[str, str] = {}

    def root(term: str) -> str:
        while term in parents:
            term = parents[term]
        return term

    for term, form in pairs:
        if form in counts:
            first, second = sorted((root(term), root(form)), key=lambda each: (-counts[each], each))
            if first != second:
                parents[second] = first
    found = {term: root(term) for term in parents}
    for term, form in sorted(pairs, key=lambda pair: (counts[root(pair[0])], pair)):
        if form not in counts:
            found[form] = root(term)
    return found
