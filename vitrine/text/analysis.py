"""Analysis of texts into terms: the one form of a word, a measurement or a model number, however people write it.

`vitrine.text.graph_analysis` gives the same terms inside the graph. This module needs no TensorFlow.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from functools import cache, lru_cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.text.folding import fold
from vitrine.text.rules import JOINED, TERM_RULES, TEXT_RULES, Rule

ROWS: Final = 50_000
"""Texts whose terms are counted at a time; these take several times the memory of the texts."""

KEPT: Final = 4096
"""Single texts whose terms are kept: a search analyses its query for the junk test, the filters and the count."""

SHORT: Final = 256
"""Bytes of texts for which each rule is first tried by a regular expression of Python's, which are compiled once. Arrow
compiles a rule's at each call, which takes longer than to apply it."""


def analyse_column(texts: pa.Array | pa.ChunkedArray) -> pa.ListArray:
    """Return the terms of each text in order, list of strings [N]; the forms that join several stand behind them.

    A null has no terms.
    """
    words = _marked_words(texts)
    return pa.ListArray.from_arrays(words.offsets, _terms(words.values))


def analyse(text: str) -> list[str]:
    """Return the terms of one text, as `analyse_column` does."""
    return [term for _, term in _terms_of_text(text)]


def analyse_phrase(text: str) -> list[str]:
    """Return the terms of one text in order, with a form that joins several in their place: `[tshirt]` for `t shirt`.

    So two phrases are the same, or one contains the other, however their words are joined.
    """
    terms: list[str] = []
    for joins, term in _terms_of_text(text):
        terms[len(terms) - joins :] = [term]
    return terms


def text_array(texts: Iterable[str]) -> pa.Array:
    """Return texts as Arrow strings. Lone surrogates, which JSON allows and UTF-8 does not, become question marks."""
    return pa.array([text.encode(errors="replace").decode() for text in texts], pa.string())


def word_counts(texts: pa.Array | pa.ChunkedArray) -> dict[str, int]:
    """Return how often a catalogue's texts have each word before its inflection is removed."""
    counts: Counter[str] = Counter()
    column = pa.chunked_array([texts]) if isinstance(texts, pa.Array) else texts
    for start in range(0, len(column), ROWS):
        words = pc.utf8_ltrim(_marked_words(column.slice(start, ROWS)).values, JOINED).value_counts()
        counts.update(dict(zip(words.field("values").to_pylist(), words.field("counts").to_pylist(), strict=True)))
    return dict(counts)


def terms_of_words(words: Sequence[str]) -> list[str]:
    """Return the term of each of `words`, as `word_counts` returns them."""
    terms: list[str] = apply_rules(TERM_RULES, pa.array(words, pa.string())).to_pylist()
    return terms


def known_terms(text: str, *vocabularies: Container[str]) -> list[tuple[str, bool]]:
    """Return each term of a text, without the forms that join several, and whether a vocabulary has it.

    A term is known with a joined form of it: `sun-glasses` where the catalogue has sunglasses.
    """
    terms: list[tuple[str, bool]] = []
    for joins, term in _terms_of_text(text):
        is_known = any(term in vocabulary for vocabulary in vocabularies)
        if not joins:
            terms.append((term, is_known))
        elif is_known:
            terms[-joins:] = [(part, True) for part, _ in terms[-joins:]]
    return terms


@lru_cache(KEPT)
def _terms_of_text(text: str) -> tuple[tuple[int, str], ...]:
    """Return each term of a text with the number of terms before it that it joins."""
    words = _marked_words(text_array([text])).values
    marked = zip(words.to_pylist(), _terms(words).to_pylist(), strict=True)
    return tuple((len(word) - len(word.lstrip(JOINED)), term) for word, term in marked)


def _terms(marked: pa.Array) -> pa.Array:
    """Return the terms of marked words. The rules read each distinct word once."""
    words = marked.dictionary_encode()
    return apply_rules(TERM_RULES, pc.utf8_ltrim(words.dictionary, JOINED)).take(words.indices)


def _marked_words(texts: pa.Array | pa.ChunkedArray) -> pa.ListArray:
    """Return the words that the rules for texts give, list of strings [N], with the marks of joined forms."""
    column = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    ruled = pc.ascii_trim_whitespace(apply_rules(TEXT_RULES, _folded(pc.cast(column, pa.string()))))
    words = pc.ascii_split_whitespace(pc.if_else(pc.equal(ruled, ""), None, ruled))
    lengths = pc.fill_null(pc.list_value_length(words), 0)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cast(pc.cumulative_sum(lengths), pa.int32())])
    return pa.ListArray.from_arrays(offsets, pc.list_flatten(words))


def _folded(texts: pa.Array) -> pa.Array:
    """Fold texts by the table, except for those in ASCII, which take a tenth of the time."""
    return pa.array([fold(text) for text in pc.fill_null(texts, "").to_pylist()], pa.string())


def apply_rules(rules: Sequence[Rule], texts: pa.Array) -> pa.Array:
    """Replace the matches of each rule in turn in texts, strings [N]."""
    is_short = texts.nbytes <= SHORT
    for pattern, replacement in rules:
        if not is_short or _matches(pattern, texts):
            texts = pc.replace_substring_regex(texts, pattern, replacement)
    return texts


def _matches(pattern: str, texts: pa.Array) -> bool:
    """Return whether a rule's pattern matches in any text: whether there is a match is the same in RE2 and in Python.

    Rules have neither look-around nor classes of Unicode characters, and word boundaries of RE2 are those of ASCII.
    """
    expression = _compiled(pattern)
    return any(expression.search(text) for text in texts.to_pylist() if text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)
