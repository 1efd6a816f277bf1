"""The reason that a product was found, in words for shoppers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vitrine.gateway.catalogue.product_table import ProductRow
from vitrine.gateway.schemas import Reason
from vitrine.text.analysis import analyse_column, text_array

_WORD: Final = re.compile(r"\w+")
_SPAN: Final = 3
"""Neighbouring words that may be one term: `0.45 l`."""
_FIELDS: Final = ("title", "brand", "color", "category", "description")
_SEPARATOR: Final = " . "
"""Text between two fields, so that a number that ends one gets no unit from the next."""
_STRONG: Final = 2.0
"""Standard deviations above a random pair from which a similarity is called very close."""
_NOTABLE: Final = 1.0
"""Standard deviations above a random pair from which a similarity is mentioned."""

Terms = frozenset[str]


@dataclass(frozen=True)
class _Span:
    """Neighbouring words of a query, by their places, and the terms of which a product must have one or all."""

    words: range
    terms: Terms
    is_joined: bool

    def matches(self, product: Terms) -> bool:
        return not self.terms.isdisjoint(product) if self.is_joined else bool(self.terms) and self.terms <= product


def matched_words(
    queries: Iterable[str], products: Sequence[ProductRow], forms: Mapping[str, str] | None = None
) -> list[list[str]]:
    """Return the words of queries that each product's texts have in any form: in lower case, each once, in order.

    Words match as the text analysis has them: `tshirt` and `t-shirt`, `450 ml` and `0.45 l`. A number with a unit is
    matched as a whole.

    Args:
        queries: a query in the ways that it was written.
        products: the products.
        forms: terms that stand for another one in the catalogue's language, as `vitrine.text.inflection` finds them.
    """
    text = _SEPARATOR.join(dict.fromkeys(queries))
    words = [match.group() for match in _WORD.finditer(text)]
    ranges = [range(start, start + size) for size in range(1, _SPAN + 1) for start in range(len(words) - size + 1)]
    starts = [match.start() for match in _WORD.finditer(text)] + [len(text)]
    parts = [text[starts[each.start] : starts[each.stop]] for each in ranges]
    texts = [_SEPARATOR.join(product[field] for field in _FIELDS) for product in products]
    analysed = _analysed([*parts, *texts], forms or {})
    spans = _spans(ranges, analysed[: len(parts)])
    return [_matched(words, spans, terms) for terms in analysed[len(parts) :]]


def _analysed(texts: list[str], forms: Mapping[str, str]) -> list[Terms]:
    lists = analyse_column(text_array(texts)).to_pylist()
    return [frozenset(forms.get(term, term) for term in terms) for terms in lists]


def _spans(ranges: Sequence[range], analysed: Sequence[Terms]) -> list[_Span]:
    """Return the spans that can match: those of several words if they have terms that none of their words has."""
    alone = {each.start: terms for each, terms in zip(ranges, analysed, strict=True) if len(each) == 1}
    joined = [
        _Span(each, terms.difference(*(alone[place] for place in each)), is_joined=True)
        for each, terms in zip(ranges, analysed, strict=True)
        if len(each) > 1
    ]
    joined = [span for span in joined if span.terms]
    measured = {place for span in joined if any(term[0].isdigit() for term in span.terms) for place in span.words}
    singles = [
        _Span(range(place, place + 1), terms, is_joined=False)
        for place, terms in alone.items()
        if place not in measured or not all(term.isdigit() for term in terms)
    ]
    return [*singles, *joined]


def _matched(words: Sequence[str], spans: Sequence[_Span], product: Terms) -> list[str]:
    places = sorted({place for span in spans if span.matches(product) for place in span.words})
    return list(dict.fromkeys(words[place].casefold() for place in places))


def explain(words: Sequence[str], by_text: float | None, by_image: float | None) -> Reason:
    """Return the reason that a product was found, with those `words` of the query that it has.

    A similarity is None if the query or the product has no text or no image.
    """
    parts = [f"has {_quoted_list(words)}"] if words else []
    for similarity, noun in ((by_text, "text"), (by_image, "image")):
        if similarity is not None and similarity >= _NOTABLE:
            degree = "very " if similarity >= _STRONG else ""
            parts.append(f"its {noun} is {degree}close to what was asked for")
    summary = "; ".join(parts) or "the closest match, though neither its words nor its similarity are strong"
    return Reason(by_text=by_text, by_image=by_image, words=list(words), summary=summary[0].upper() + summary[1:])


def _quoted_list(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
