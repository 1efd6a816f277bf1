"""Spelling after the catalogue's own words, with symspellpy. It would rather miss a mistake than make one."""

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Final

from symspellpy import SymSpell, Verbosity

from vitrine.rewriting.rewrite import Change
from vitrine.text.words import Word, tokenize

SHORTEST: Final = 4
"""Letters of a word that is corrected: shorter ones have too many neighbours."""
LONGEST: Final = 40
TWO_EDITS_FROM: Final = 8
"""Letters of a word in which two may be wrong."""
SHORTEST_PART: Final = 3
"""Letters of either half where a space is missing."""
FREQUENT: Final = 5
"""How many times `min_count` the catalogue must have either half: any name is made of two rare words."""
CLEARLY: Final = 2
"""How many times as frequent as the next one the best candidate must be."""

_DOUBLED: Final = re.compile(r"(.)\1")


class Spelling:
    """Corrects words that neither the catalogue nor `others` have.

    Only words of letters with two cases are corrected, to words of such letters: numbers, model codes and scripts that
    write without spaces stay as they are.
    """

    def __init__(self, vocabulary: Mapping[str, int], others: Iterable[str], min_count: int, max_edits: int) -> None:
        self._known = vocabulary.keys() | others
        self._index = SymSpell(max_dictionary_edit_distance=max_edits, count_threshold=min_count)
        self._max_edits = max_edits
        self._frequent = FREQUENT * min_count
        for word, count in vocabulary.items():
            if count >= min_count and len(word) >= SHORTEST_PART and _is_plain(word):
                self._index.create_dictionary_entry(word, count)

    def correct(self, text: str) -> tuple[str, list[Change]]:
        """Correct the words of a text in normal form C. Everything between them stays."""
        parts: list[str] = []
        changes: list[Change] = []
        words = tokenize(text)
        done = position = 0
        while position < len(words):
            first = words[position]
            last, found = self._replacement(words, position, text)
            if found:
                before = text[first.start : last.end]
                changes.append(Change("spelling", before, _in_case_of(before, found)))
                parts += [text[done : first.start], changes[-1].after]
                done = last.end
            position += 2 if last is not first else 1
        return "".join([*parts, text[done:]]), changes

    def _replacement(self, words: list[Word], position: int, text: str) -> tuple[Word, str]:
        """The last word that is replaced, and by what; "" where nothing is."""
        word = words[position]
        if position + 1 < len(words):
            after = words[position + 1]
            joined = word.key + after.key
            apart = word.key not in self._known or after.key not in self._known
            if apart and joined in self._index.words and text[word.end : after.start].isspace():
                return after, joined
        if not SHORTEST <= len(word.key) <= LONGEST or not _is_plain(word.key) or self._is_known(word.key):
            return word, ""
        return word, self._closest(word.key) or self._halves(word.key)

    def _is_known(self, word: str) -> bool:
        return word in self._known or (word.endswith("s") and word[:-1] in self._known)

    def _closest(self, word: str) -> str:
        edits = self._max_edits if len(word) >= TWO_EDITS_FROM else 1
        found = [
            (_likelihood(word, one.term), one.count, one.term)
            for one in self._index.lookup(word, Verbosity.CLOSEST, edits)
            if not _is_inflected(word, one.term)
        ]
        likely, count, best = max(found, default=(0, 0, ""))
        rivals = (other for kind, other, term in found if kind == likely and term != best)
        return best if max(rivals, default=0) * CLEARLY <= count else ""

    def _halves(self, word: str) -> str:
        counts = self._index.words
        halves = [(word[:cut], word[cut:]) for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)]
        found = [(min(counts.get(left, 0), counts.get(right, 0)), f"{left} {right}") for left, right in halves]
        count, best = max(found, default=(0, ""))
        return best if count >= self._frequent else ""


def english_words() -> set[str]:
    """English words, from the list that comes with symspellpy."""
    lines = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig")
    return {line.partition(" ")[0] for line in lines.splitlines()}


def _is_plain(word: str) -> bool:
    return word.isalpha() and word.upper() != word


def _likelihood(word: str, candidate: str) -> int:
    """Which kind of slip it would be; higher kinds are far more frequent."""
    if sorted(word) == sorted(candidate) or _DOUBLED.sub(r"\1", word) == _DOUBLED.sub(r"\1", candidate):
        return 2
    return int(word[0] == candidate[0])


def _is_inflected(word: str, candidate: str) -> bool:
    """Whether they differ by what is often no mistake: a plural, or a letter in front, as in `tshirt`."""
    return word + "s" == candidate or (word[1:] == candidate and word[0] != candidate[0])


def _in_case_of(before: str, after: str) -> str:
    if before.isupper():
        styled = after.upper()
    elif before[0].isupper():
        styled = after[0].upper() + after[1:]
    else:
        return after
    return styled if styled.lower() == after else after  # not every letter has one capital
