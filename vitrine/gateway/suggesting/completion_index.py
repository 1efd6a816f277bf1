"""An index of phrases by their beginnings and by the beginnings of their words, which forgives one typing error.

It is a suffix array of words: the places in one long text at which a word of a phrase begins, sorted by what follows.
The phrases that continue a beginning are then neighbours, found by two binary searches, and the best of them by one
partial sort of their scores. A phrase costs its folded text and eight bytes a word.
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.text.folding import fold

LONGEST: Final = 40
"""Characters by which beginnings are compared; more of a longer one are not looked at."""
WORDS: Final = 8
"""Words of a phrase at which a beginning is found."""
FUZZY_LENGTH: Final = 3
"""Characters from which one error is forgiven, after the first of them; as Lucene's FuzzySuggester has it."""
INSIDE: Final = 0.5
"""The cost in score of a beginning that is not that of the phrase, but of a later word."""
_SPARE: Final = 4
"""Times as many places as wanted phrases are looked at: a phrase may be found twice, or not pass."""
_BLOCK: Final = 256
"""Neighbouring places whose highest score is kept."""
_END: Final = "\n"
_BATCH: Final = 20_000
"""Objects that are converted at a time, so that other threads are not kept waiting."""
_SEPARATORS: Final = re.compile(r"[\s\-.,/\"]+")

Places = npt.NDArray[np.int64]
Span = tuple[int, int]
"""The first and one past the last of neighbouring places."""


class CompletionIndex:
    """An index of N phrases with scores, the higher the better."""

    def __init__(self, phrases: Sequence[str], scores: Sequence[float] | npt.NDArray[np.floating]) -> None:
        """Index `phrases`, of which equal ones may be found beside each other, with scores, float [N]."""
        keys = [phrase_key(phrase) for phrase in phrases]
        self._count = len(keys)
        self._text = _END.join([*keys, ""])
        starts, owners, inside = array("I"), array("I"), array("B")
        place = 0
        for owner, key in enumerate(keys):
            at, word = 0, 0
            while at < len(key) and word < WORDS:
                starts.append(place + at)
                owners.append(owner)
                inside.append(word > 0)
                at, word = key.find(" ", at) + 1, word + 1
                if at == 0:
                    break
            place += len(key) + 1
        order = _order(self._text, starts)
        self._starts = array("I", np.asarray(starts, np.uint32)[order].tobytes())
        self._owners = np.asarray(owners, np.int32)[order]
        self._scores = np.asarray(scores, np.float32)[self._owners] - np.float32(INSIDE) * np.asarray(inside)[order]
        whole = len(order) // _BLOCK * _BLOCK
        self._maxima = self._scores[:whole].reshape(-1, _BLOCK).max(axis=1)

    def complete(self, typed: str, limit: int, passes: Callable[[int], bool] = lambda _: True) -> list[int]:
        """Return the numbers of the best phrases that go on from `typed`, at most `limit`.

        Case, accents and hyphens make no difference. If none goes on from it as it is typed, those are returned that
        have all its words anywhere, the last one as the beginning of a word; and if none has, those that go on from it
        with one letter more, less, changed, or swapped with the next one.

        Args:
            typed: The beginning of a phrase, or of one of its words and what follows it.
            limit: The number of phrases.
            passes: Returns whether a phrase may be returned.
        """
        beginning = _beginning(typed)
        if not beginning:
            return []
        found: dict[int, None] = {}
        everything = (0, len(self._starts))
        self._take([self._best(self._narrowed(everything, beginning, 0), _SPARE * limit)], limit, passes, found)
        if not found and " " in beginning.strip():
            self._take([self._with_words(*beginning.split())], limit, passes, found)
        if not found and len(beginning) >= FUZZY_LENGTH:
            spans = dict.fromkeys(self._one_error(everything, beginning))
            self._take([self._best(span, _SPARE * limit) for span in spans], limit, passes, found)
        return list(found)

    def _take(
        self, found_at: Sequence[Places], limit: int, passes: Callable[[int], bool], found: dict[int, None]
    ) -> None:
        """Add the owners of the best places in `found_at` to `found`, until it has `limit`."""
        places = np.concatenate([*found_at, np.empty(0, np.int64)])
        for place in places[np.argsort(-self._scores[places], kind="stable")].tolist():
            if len(found) >= limit:
                return
            owner = int(self._owners[place])
            if owner not in found and passes(owner):
                found[owner] = None

    def _with_words(self, *words: str) -> Places:
        """Return the places at which the last word begins one, of the phrases that have the other words."""
        everything = (0, len(self._starts))
        places = np.arange(*self._narrowed(everything, words[-1], 0))
        for word in words[:-1]:
            has_word = np.zeros(self._count, bool)
            for end in (" ", _END):
                has_word[self._owners[slice(*self._narrowed(everything, word + end, 0))]] = True
            places = places[has_word[self._owners[places]]]
        return places

    def _best(self, span: Span, most: int) -> Places:
        """Return the places of the best `most` of a span, in any order."""
        first, last = -(-span[0] // _BLOCK), span[1] // _BLOCK
        places = np.arange(*span)
        if last - first > most:  # the best are in the blocks with the highest maxima
            blocks = first + np.argpartition(self._maxima[first:last], last - first - most)[-most:]
            inner = (blocks[:, np.newaxis] * _BLOCK + np.arange(_BLOCK)).ravel()
            places = np.concatenate([np.arange(span[0], first * _BLOCK), inner, np.arange(last * _BLOCK, span[1])])
        if len(places) <= most:
            return places
        best: Places = places[np.argpartition(self._scores[places], len(places) - most)[-most:]]
        return best

    def _one_error(self, span: Span, beginning: str) -> Iterator[Span]:
        """Yield the spans of the beginnings that one error made `beginning` of, after its first character."""
        for place, character in enumerate(beginning):
            if place:
                after = beginning[place + 1 :]
                yield self._narrowed(span, after, place)
                if after:
                    yield self._narrowed(span, after[0] + character + after[1:], place)
                    for other, branch in self._branches(span, place):
                        if other not in (character, _END):
                            yield self._narrowed(branch, after, place + 1)
                            yield self._narrowed(branch, beginning[place:], place + 1)
            span = self._narrowed(span, character, place)
            if span[0] == span[1]:
                return

    def _branches(self, span: Span, depth: int) -> Iterator[tuple[str, Span]]:
        """Yield the characters that come after the first `depth`, which are the same in `span`, with their spans."""
        low, high = span
        while low < high:
            character = self._text[self._starts[low] + depth]
            end = bisect_right(self._starts, character, low, high, key=self._part(depth, 1))
            yield character, (low, end)
            low = end

    def _narrowed(self, span: Span, characters: str, depth: int) -> Span:
        """Return the places of `span` at which `characters` come after the first `depth`, which are the same."""
        part = self._part(depth, len(characters))
        low = bisect_left(self._starts, characters, *span, key=part)
        return low, bisect_right(self._starts, characters, low, span[1], key=part)

    def _part(self, depth: int, length: int) -> Callable[[int], str]:
        text = self._text
        return lambda start: text[start + depth : start + depth + length]


def phrase_key(phrase: str) -> str:
    """Return the folded words of a phrase, with a space between two."""
    return " ".join(_SEPARATORS.sub(" ", fold(phrase).replace("'", "")).split())


def _beginning(typed: str) -> str:
    """Return the key of what was typed; a space at its end ends the last word."""
    key = phrase_key(typed)
    ended = key and typed[-1:].isspace()
    return (f"{key} " if ended else key)[:LONGEST]


def _order(text: str, starts: "array[int]") -> npt.NDArray[np.int64]:
    """Return the order of the places `starts` by the `LONGEST` characters that follow. Arrow sorts without the lock."""
    chunks = [
        pa.array([text[start : start + LONGEST] for start in starts[first : first + _BATCH]], pa.string())
        for first in range(0, len(starts), _BATCH)
    ]
    order: npt.NDArray[np.int64] = pc.sort_indices(pa.chunked_array(chunks, pa.string())).to_numpy().astype(np.int64)
    return order
