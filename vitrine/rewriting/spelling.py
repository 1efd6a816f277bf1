"""Spelling correction by the catalogue's vocabulary, with symspellpy. It prefers missed typos to wrong corrections."""

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Final

from symspellpy import SymSpell, Verbosity

from vitrine.rewriting.letter_case import in_case_of
from vitrine.rewriting.rewrite import Change
from vitrine.text.analysis import analyse_column, text_array
from vitrine.text.words import Word, tokenize

SHORTEST: Final = 4
"""Minimum letters of a word that is corrected by any edit: shorter words have too many neighbours."""
SHORTEST_LACKING: Final = 3
"""Minimum letters of a word that is corrected by a letter that it lacks."""
LONGEST: Final = 40
"""Maximum letters of a word that is corrected."""
TWO_EDITS_FROM: Final = 8
"""Minimum letters of a word that is corrected by two edits."""
SHORTEST_HALF: Final = 3
"""Minimum letters of each half of a word that lacks a space."""
HALF_FREQUENCY: Final = 5
"""Minimum count of each half in the catalogue, in multiples of `min_count`: many names consist of two rare words."""
MIN_RATIO: Final = 2
"""Minimum ratio of the best candidate's count to the next one's."""

SHORTEST_RARE: Final = 5
"""Minimum letters of a word that the catalogue may have misspelt: shorter ones are often abbreviations (WWII)."""
RARE_RATIO: Final = 20
"""Minimum ratio of a candidate's count to that of a word that the catalogue itself may have misspelt."""
ENGLISH_FREQUENCY: Final = 500_000
"""Minimum count of an English word in the list of symspellpy. Of its 82,765 words, 30,000 have it; the rarer ones are
typed by mistake more often than on purpose: `ebon`, `plying`, `kitted`."""

_DOUBLED_LETTER: Final = re.compile(r"(.)\1")


class Spelling:
    """A corrector of words whose terms neither the catalogue nor `other_words` contain.

    The other number of a known noun and a known word without its accents stay as they are, since they have its term.
    Two words become one that the catalogue has at least as often as the rarer of them: sunglasses for "sun glasses".
    Only words of letters with two cases are corrected, and only to such words: numbers, model codes and scripts that
    are written without spaces are not changed.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        other_words: Iterable[str],
        min_count: int,
        max_edits: int,
        other_forms: Iterable[str] = (),
    ) -> None:
        """Index a catalogue's words. `other_forms` are terms of other forms of them, which are known as well."""
        other_words = frozenset(other_words)
        self._counts = vocabulary
        self._known = vocabulary.keys() | other_words
        rare = (word for word, count in vocabulary.items() if count < min_count and len(word) >= SHORTEST_RARE)
        self._rare = set(rare).difference(other_words)
        self._terms = set(analyse_column(text_array(self._known)).values.to_pylist()).union(other_forms)
        self._index = SymSpell(max_dictionary_edit_distance=max_edits, count_threshold=min_count)
        self._max_edits = max_edits
        self._min_half_count = HALF_FREQUENCY * min_count
        for word, count in vocabulary.items():
            if count >= min_count and len(word) >= SHORTEST_HALF and _has_two_cases(word):
                self._index.create_dictionary_entry(word, count)

    def correct(self, text: str) -> tuple[str, list[Change]]:
        """Correct the words of a text in normal form C. The characters between them stay."""
        parts: list[str] = []
        changes: list[Change] = []
        words = tokenize(text)
        unknown = self._unknown({word.key for word in words})
        done = position = 0
        while position < len(words):
            first = words[position]
            last, replacement = self._replacement(words, position, text, unknown)
            if replacement:
                before = text[first.start : last.end]
                changes.append(Change("spelling", before, in_case_of(before, replacement)))
                parts += [text[done : first.start], changes[-1].after]
                done = last.end
            position += 2 if last is not first else 1
        return "".join([*parts, text[done:]]), changes

    def _unknown(self, keys: set[str]) -> set[str]:
        candidates = sorted(keys - self._known)
        if not candidates:
            return set()
        terms = analyse_column(text_array(candidates)).to_pylist()
        return {
            key for key, terms_of_key in zip(candidates, terms, strict=True) if self._terms.isdisjoint(terms_of_key)
        }

    def _replacement(self, words: list[Word], position: int, text: str, unknown: set[str]) -> tuple[Word, str]:
        """Return the last word that is replaced, and its replacement or ""."""
        word = words[position]
        if position + 1 < len(words):
            next_word = words[position + 1]
            joined = word.key + next_word.key
            pair = (word.key, next_word.key)
            is_usual = self._index.words.get(joined, 0) >= min(self._counts.get(key, 0) for key in pair)
            is_split = joined in self._index.words and text[word.end : next_word.start].isspace()
            if is_split and (is_usual or not unknown.isdisjoint(pair)):
                return next_word, joined
        key = word.key
        if not SHORTEST_LACKING <= len(key) <= LONGEST or not _has_two_cases(key):
            return word, ""
        if key in self._rare:
            return word, self._misspelt(key)
        return word, (self._closest(key) or self._halves(key)) if key in unknown else ""

    def _misspelt(self, word: str) -> str:
        """Return the frequent word that a rare one of the catalogue has the letters of, swapped or doubled."""
        candidates = [
            (suggestion.count, suggestion.term)
            for suggestion in self._index.lookup(word, Verbosity.ALL, 1)
            if _likelihood(word, suggestion.term) == LIKELIEST
        ]
        count, best = max(candidates, default=(0, ""))
        return best if count >= RARE_RATIO * self._counts[word] else ""

    def _closest(self, word: str) -> str:
        edits = self._max_edits if len(word) >= TWO_EDITS_FROM else 1
        shortest = 0 if len(word) >= SHORTEST else len(word) + 1
        candidates = [
            (_likelihood(word, suggestion.term), suggestion.count, suggestion.term)
            for suggestion in self._index.lookup(word, Verbosity.CLOSEST, edits)
            if len(suggestion.term) >= shortest and not _is_inflected(word, suggestion.term)
        ]
        likelihood, count, best = max(candidates, default=(0, 0, ""))
        rivals = (rival for kind, rival, term in candidates if kind == likelihood and term != best)
        return best if max(rivals, default=0) * MIN_RATIO <= count else ""

    def _halves(self, word: str) -> str:
        counts = self._index.words
        halves = [(word[:cut], word[cut:]) for cut in range(SHORTEST_HALF, len(word) - SHORTEST_HALF + 1)]
        candidates = [(min(counts.get(left, 0), counts.get(right, 0)), f"{left} {right}") for left, right in halves]
        count, best = max(candidates, default=(0, ""))
        return best if count >= self._min_half_count else ""


def english_words(at_least: int = ENGLISH_FREQUENCY) -> set[str]:
    """Return the English words of the list that comes with symspellpy that have a count of `at_least`."""
    lines = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig")
    entries = (line.partition(" ") for line in lines.splitlines())
    return {word for word, _, count in entries if int(count) >= at_least}


def _has_two_cases(word: str) -> bool:
    return word.isalpha() and word.upper() != word


LIKELIEST: Final = 2
"""The likelihood of swapped and doubled letters."""


def _likelihood(word: str, candidate: str) -> int:
    """Return the kind of typo, by rising frequency: wrong first letter, other letter, swapped or doubled letters."""
    if sorted(word) == sorted(candidate) or _single_letters(word) == _single_letters(candidate):
        return LIKELIEST
    return int(word[0] == candidate[0])


def _single_letters(word: str) -> str:
    return _DOUBLED_LETTER.sub(r"\1", word)


def _is_inflected(word: str, candidate: str) -> bool:
    """Return whether the difference is often not a typo: a plural, or a letter in front, as in `tshirt`."""
    return word + "s" == candidate or (word[1:] == candidate and word[0] != candidate[0])
