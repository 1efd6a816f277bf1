"""The words of a catalogue for interpretation: the terms of its titles, and of its colours, brands and categories."""

from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.interpretation.constraint import AttributeField, ExcludedField, Exclusion, Terms
from vitrine.interpretation.shades import shades_of
from vitrine.interpretation.term_rows import Mask, TermRows
from vitrine.text.analysis import analyse

VALUES: Final[tuple[AttributeField, ...]] = ("color", "brand", "category")
MASKS: Final = 64
"""Excluded phrases, and terms, whose products are kept."""


PHRASES: Final = 4096
"""Phrases of queries whose terms and attributes are kept."""


class Values:
    """The values of one attribute of N products: distinct values as texts, and the number of each product's value."""

    def __init__(self, values: list[str], codes: npt.NDArray[np.int32]) -> None:
        self._terms, self._codes = TermRows(pa.array(values, pa.string())), codes

    def have(self, terms: Terms) -> Mask:
        """Return which products, bool [N], have the terms in their value."""
        return self._terms.have(terms)[self._codes]

    def equal(self, terms: Terms) -> Mask:
        """Return which products, bool [N], have the terms as their value."""
        return self._terms.equal(terms)[self._codes]

    def any_has(self, terms: Terms) -> bool:
        """Return whether any value has the terms side by side."""
        return self._terms.any_has(terms)

    @property
    def known(self) -> Mask:
        """The products, bool [N], that have a value."""
        return ~self._terms.empty[self._codes]


class CatalogueWords:
    """The words of N products, and the products that a phrase excludes.

    `terms` are those of all texts of the catalogue.
    """

    def __init__(self, titles: pa.ChunkedArray, values: Mapping[AttributeField, Values], terms: Container[str]) -> None:
        self._titles, self._values, self._known = TermRows(titles), values, terms
        self.excluded = lru_cache(MASKS)(self._excluded)
        self._with = lru_cache(MASKS)(self._having)
        self.terms_of = lru_cache(PHRASES)(terms_of)
        self.field_of = lru_cache(PHRASES)(self._field_of)

    def knows(self, terms: Terms) -> bool:
        """Return whether texts of products have all the terms."""
        return all(term in self._known for term in terms)

    def writes(self, phrase: str) -> bool:
        """Return whether titles or brands have the phrase's terms side by side, or any text has several joined."""
        terms = self.terms_of(phrase)
        is_written = self._titles.any_has(terms) or self._values["brand"].any_has(terms)
        return is_written or (len(terms) > 1 and "".join(terms) in self._known)

    def is_value(self, word: str) -> bool:
        """Return whether a word is a colour, a brand or a category."""
        return self.field_of(word) != "text"

    def with_all(self, terms: Terms) -> Mask:
        """Return which products, bool [N], have each of the terms, at least one, in the title or in an attribute."""
        mask: Mask = np.logical_and.reduce([self._with(term) for term in terms])
        return mask

    def _having(self, term: str) -> Mask:
        mask = self._titles.have((term,))
        for values in self._values.values():
            mask |= values.have((term,))
        return mask

    def _field_of(self, phrase: str) -> ExcludedField:
        """Return the attribute that has the phrase as a value, or as a colour in it: `blue` of `deep blue`."""
        terms = self.terms_of(phrase)
        for field in VALUES:
            mask = self._values[field].have(terms) if field == "color" else self._values[field].equal(terms)
            # Columns of colours have other words, too, which more titles of other colours have.
            others = self._titles.have(terms) & self._values[field].known & ~mask if field == "color" else mask[:0]
            if terms and mask.any() and mask.sum() >= others.sum():
                return field
        return "text"

    def _excluded(self, field: ExcludedField, terms: Terms) -> Mask:
        """Return which products, bool [N], have excluded `terms`, or shades of them, in the attribute or the title."""
        if field in ("brand", "category"):
            values = self._values[field]
            return values.equal(terms) | (self._titles.have(terms) & ~values.known)
        colours = self._values["color"]
        mask = self._titles.have(terms) | colours.have(terms)
        if field == "text":
            return mask | self._values["category"].have(terms)
        for shade in shades_of(terms):
            mask |= colours.have(shade.terms)
            if shade.only_colour:
                mask |= self._titles.have(shade.terms) & ~colours.known
        return mask


def terms_of(phrase: str) -> Terms:
    """Return the terms of a phrase; hyphens separate its words."""
    return tuple(analyse(phrase.replace("-", " ")))


def excluded_by_description(descriptions: list[str], exclusions: tuple[Exclusion, ...]) -> Mask:
    """Return which texts, bool [R], have words other than colours, brands and categories that are excluded."""
    mask = np.zeros(len(descriptions), bool)
    others = [exclusion.terms for exclusion in exclusions if exclusion.field == "text"]
    if others:
        rows = TermRows(pa.array(descriptions, pa.string()))
        for terms in others:
            mask |= rows.have(terms)
    return mask
