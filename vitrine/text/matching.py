"""Words of queries that texts have, as the text analysis has both: `tshirt` and `t-shirt`, `450 ml` and `0.45 l`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vitrine.text.analysis import analyse_column, analyse_phrase, text_array

SEPARATOR: Final = " . "
"""Text between two fields, so that a number that ends one gets no unit from the next."""
_WORD: Final = re.compile(r"\w+")
_SPAN: Final = 3
"""Neighbouring words that may be one term: `0.45 l`."""
QUERIES: Final = 4096
"""Queries whose words are kept."""
TEXTS: Final = 4096
"""Texts whose terms are kept."""

Terms = frozenset[str]


@dataclass(frozen=True)
class _Span:
    """Neighbouring words of a query, by their places, and the terms of which a text must have one or all."""

    places: range
    terms: Terms
    is_joined: bool

    def matches(self, text: Terms) -> bool:
        return not self.terms.isdisjoint(text) if self.is_joined else bool(self.terms) and self.terms <= text


class WordMatcher:
    """Finds the words of queries in the texts of one catalogue. What it has analysed, it keeps for a while."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        """Keep `forms`, the terms that stand for another one in the catalogue's language, with that one."""
        self._forms = forms
        self._query = lru_cache(QUERIES)(self._analysed_query)
        self._texts: dict[str, Terms] = {}

    def matched(self, queries: Sequence[str], texts: Sequence[str]) -> list[list[str]]:
        """Return the words of queries that each text has in any form: in lower case, each once, in order.

        A number with a unit is matched as a whole. `queries` are the ways in which one query was written.
        """
        asked = tuple(dict.fromkeys(queries))
        _, _, written = _split(asked)
        analysed = self._terms([*texts, *written])  # together, as an analysis of a few texts takes as long as of one
        words, spans = self._query(asked)
        return [_matched(words, spans, terms) for terms in analysed[: len(texts)]]

    def phrase(self, text: str) -> tuple[str, ...]:
        """Return the terms of a phrase in order, each in the catalogue's form; see `analyse_phrase`."""
        return tuple(self._forms.get(term, term) for term in analyse_phrase(text))

    def _terms(self, texts: Sequence[str]) -> list[Terms]:
        known = {text: self._texts[text] for text in texts if text in self._texts}
        new = list(dict.fromkeys(text for text in texts if text not in known))
        if len(self._texts) + len(new) > TEXTS:
            self._texts.clear()
        self._texts.update(zip(new, self._analysed(new), strict=True))
        return [known[text] if text in known else self._texts[text] for text in texts]

    def _analysed(self, texts: Sequence[str]) -> list[Terms]:
        if not texts:
            return []
        lists = analyse_column(text_array(texts)).to_pylist()
        return [frozenset(self._forms.get(term, term) for term in terms) for terms in lists]

    def _analysed_query(self, queries: tuple[str, ...]) -> tuple[list[str], list[_Span]]:
        words, ranges, written = _split(queries)
        return words, _spans(ranges, self._terms(written))


def _split(queries: Sequence[str]) -> tuple[list[str], list[range], list[str]]:
    """Return the words of queries, the places of each span of neighbouring words, and the text of each."""
    text = SEPARATOR.join(queries)
    found = list(_WORD.finditer(text))
    starts = [*(match.start() for match in found), len(text)]
    ranges = [range(start, start + size) for size in range(1, _SPAN + 1) for start in range(len(found) - size + 1)]
    written = [text[starts[places.start] : starts[places.stop]] for places in ranges]
    return [match.group().casefold() for match in found], ranges, written


def _spans(ranges: Sequence[range], analysed: Sequence[Terms]) -> list[_Span]:
    """Return the spans that can match: those of several words if they have terms that none of their words has."""
    alone = {places.start: terms for places, terms in zip(ranges, analysed, strict=True) if len(places) == 1}
    joined = [
        _Span(places, terms.difference(*(alone[place] for place in places)), is_joined=True)
        for places, terms in zip(ranges, analysed, strict=True)
        if len(places) > 1
    ]
    joined = [span for span in joined if span.terms]
    measured = {place for span in joined if any(term[0].isdigit() for term in span.terms) for place in span.places}
    singles = [
        _Span(range(place, place + 1), terms, is_joined=False)
        for place, terms in alone.items()
        if place not in measured or not all(term.isdigit() for term in terms)
    ]
    return [*singles, *joined]


def _matched(words: Sequence[str], spans: Sequence[_Span], text: Terms) -> list[str]:
    places = sorted({place for span in spans if span.matches(text) for place in span.places})
    return list(dict.fromkeys(words[place] for place in places))
