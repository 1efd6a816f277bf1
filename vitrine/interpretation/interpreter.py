"""The interpreter of queries for one catalogue."""

import re
import unicodedata
from typing import Final

from vitrine.interpretation.catalogue_words import CatalogueWords
from vitrine.interpretation.constraint import Found, Interpretation, cut
from vitrine.interpretation.negations import find_negations
from vitrine.interpretation.prices import find_bounds, find_levels
from vitrine.interpretation.settings import InterpretationSettings
from vitrine.text.analysis import analyse

MAX_CONSTRAINTS: Final = 8
"""Constraints of one query. Nobody types more, and each takes a look at all products."""


class Interpreter:
    """An interpreter for the words of a catalogue."""

    def __init__(self, settings: InterpretationSettings, words: CatalogueWords) -> None:
        self.words, self._settings = words, settings

    def interpret(self, query: str, has_prices: bool) -> Interpretation:
        """Return the constraints of a query, and the text without their words.

        In a catalogue without prices, words about prices stay words. A query of nothing but constraints keeps its
        words, since something must be searched for.
        """
        text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", query)).strip()
        found = self._found(text, has_prices)
        if not found or len(found) > MAX_CONSTRAINTS:
            return Interpretation(query)
        rest = cut(text, found)
        return Interpretation(rest if analyse(rest) else query, tuple(constraint for *_, constraint in found))

    def _found(self, text: str, has_prices: bool) -> list[Found]:
        found: list[Found] = []
        if self._settings.prices and has_prices:
            found += find_bounds(text, self.words.is_value)
            levels = [level for level in find_levels(text, self.words.writes) if not _overlaps(level, found)]
            found += levels[:1]
        if self._settings.negations:
            found += [negation for negation in find_negations(text, self.words) if not _overlaps(negation, found)]
        return sorted(found, key=lambda part: part.start)[: MAX_CONSTRAINTS + 1]


def _overlaps(one: Found, others: list[Found]) -> bool:
    return any(one.start < other.end and other.start < one.end for other in others)
