"""The column of a facet, and the values of it that a filter finds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.categories.taxonomy import SEPARATOR
from vitrine.features.filter_columns import folded_category
from vitrine.gateway.schemas import Count, Facet

FACET_VALUES: Final = 50
"""Maximum number of values in a facet, the most frequent first."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FacetColumn:
    """A dictionary-encoded column of a facet: `codes` int32 [N] into `values`.

    `folded` has the values in the form that filters compare.
    """

    name: Facet
    codes: npt.NDArray[np.int32]
    values: list[str]
    folded: list[str]

    @classmethod
    def encode(cls, name: Facet, column: pa.ChunkedArray) -> "FacetColumn":
        """Encode a column of strings; nulls become empty strings."""
        encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
        values = encoded.dictionary.to_pylist()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        return cls(name, codes, values, [_FOLDS[name](value) for value in values])

    def where(self, values: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Return a mask, bool [N], of the rows that a filter with these values finds."""
        matches = _MATCHES[self.name]({_FOLDS[self.name](value) for value in values})
        table = np.fromiter((matches(value) for value in self.folded), dtype=bool, count=len(self.folded))
        return table[self.codes]

    def counts(self, rows: Rows | None = None) -> list[Count]:
        """Count the most frequent values in `rows`, by default in all rows; empty values are left out."""
        codes = self.codes if rows is None else self.codes[rows]
        totals = np.bincount(codes, minlength=len(self.values))
        order = np.argsort(-totals, kind="stable")[: FACET_VALUES + 1]
        counts = [(self.values[code], int(totals[code])) for code in order if totals[code] and self.values[code]]
        return [Count(value=value, count=count) for value, count in counts[:FACET_VALUES]]


def _contains_words(values: set[str]) -> Callable[[str], bool]:
    """Return a predicate that is true of texts that contain all words of one of `values`."""
    alternatives = [set(value.split()) for value in values]
    return lambda text: any(words <= set(text.split()) for words in alternatives)


def at_or_below(categories: set[str]) -> Callable[[str], bool]:
    """Return a predicate that is true of folded categories that are one of `categories`, or below one."""
    prefixes = tuple(category + SEPARATOR for category in categories)
    return lambda category: bool(category) and (category in categories or category.startswith(prefixes))


_FOLDS: Final[Mapping[Facet, Callable[[str], str]]] = {
    "brand": str.casefold,
    "color": str.casefold,
    "category": folded_category,
}
_MATCHES: Final[Mapping[Facet, Callable[[set[str]], Callable[[str], bool]]]] = {
    "brand": lambda values: values.__contains__,
    "color": _contains_words,
    "category": at_or_below,
}
"""By facet, a function of a filter's folded values that returns a predicate of a product's."""
