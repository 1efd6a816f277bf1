"""The catalogue's form of words that it has in that form only: `teapots` becomes `teapot`, and `cafe` becomes `café`.

An encoder that was trained on the catalogue alone knows no other form.
"""

from collections.abc import Container, Mapping, Sequence

from vitrine.rewriting.letter_case import in_case_of
from vitrine.rewriting.rewrite import Change
from vitrine.text.analysis import analyse_column, text_array
from vitrine.text.words import tokenize


class Forms:
    """The most frequent form of each term in a catalogue. Words of `other_words` are never changed.

    `other_forms` are terms with the term that each stands for.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        other_words: Container[str],
        min_count: int,
        other_forms: Mapping[str, str] | None = None,
    ) -> None:
        self._vocabulary, self._other_words, self._other_forms = vocabulary, other_words, other_forms or {}
        words = [word for word, count in vocabulary.items() if count >= min_count and word.isalpha()]
        words.sort(key=lambda word: (vocabulary[word], word))
        self._forms = {self._resolved(term): word for word, term in _terms(words).items()}

    def normalise(self, text: str) -> tuple[str, list[Change]]:
        """Replace the words of a text in normal form C that the catalogue has in another form only."""
        words = tokenize(text)
        others = {word.key for word in words if word.key not in self._vocabulary and word.key not in self._other_words}
        terms = _terms(sorted(others))
        parts: list[str] = []
        changes: list[Change] = []
        done = 0
        for word in words:
            form = self._forms.get(self._resolved(terms.get(word.key, "")))
            if form:
                before = text[word.start : word.end]
                changes.append(Change("form", before, in_case_of(before, form)))
                parts += [text[done : word.start], changes[-1].after]
                done = word.end
        return "".join([*parts, text[done:]]), changes

    def _resolved(self, term: str) -> str:
        return self._other_forms.get(term, term)


def _terms(words: Sequence[str]) -> dict[str, str]:
    """Return the term of each word that has one term only."""
    if not words:
        return {}
    lists = analyse_column(text_array(words)).to_pylist()
    return {word: terms[0] for word, terms in zip(words, lists, strict=True) if len(terms) == 1}
