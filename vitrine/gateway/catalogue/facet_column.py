"""The column of a facet, and the values of it that a filter finds."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.categories.taxonomy import SEPARATOR
from vitrine.features.filter_columns import FOLDS
from vitrine.gateway.schemas.facets import Count
from vitrine.gateway.schemas.values import Facet

FACET_VALUES: Final = 50
"""Maximum number of values in a facet, the most frequent first."""

Rows = npt.NDArray[np.int64]


class FacetColumn:
    """A dictionary-encoded column of a facet: `codes` int32 [N] into `values`, as the catalogue writes them.

    Values that filters do not tell apart, such as `Red/White` and `red, white`, are one value of the facet, written as
    most products write it.
    """

    def __init__(self, name: Facet, codes: npt.NDArray[np.int32], values: list[str]) -> None:
        self.codes = codes
        self.values = values
        self._fold, self._matches = FOLDS[name], _MATCHES[name]
        groups: dict[str, int] = {}
        self._group_of = np.array([groups.setdefault(self._fold(value), len(groups)) for value in values], np.int32)
        self._folded = list(groups)
        self._groups = self._group_of[codes]
        totals = np.bincount(codes, minlength=len(values))
        self._shown = [""] * len(groups)
        for code in np.argsort(totals, kind="stable").tolist():
            self._shown[self._group_of[code]] = values[code]
        self._found: dict[int, npt.NDArray[np.bool_]] = {}

    @classmethod
    def encode(cls, name: Facet, column: pa.ChunkedArray) -> "FacetColumn":
        """Encode a column of strings; nulls become empty strings."""
        encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        return cls(name, codes, encoded.dictionary.to_pylist())

    def where(self, values: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Return a mask, bool [N], of the rows that a filter with these values finds."""
        return self._groups_with(values)[self._groups]

    def _groups_with(self, values: Iterable[str]) -> npt.NDArray[np.bool_]:
        matches = self._matches({self._fold(value) for value in values})
        return np.fromiter(map(matches, self._folded), dtype=bool, count=len(self._folded))

    def counts(self, rows: Rows | None = None, products: Rows | None = None) -> list[Count]:
        """Count the most frequent values in `rows`, by default in all rows; empty values are left out.

        A count is the number of rows that a filter with the value finds, that of `red` includes `dark red`; or of the
        different numbers that they have in `products`, int64 [R].
        """
        groups = self._groups if rows is None else self._groups[rows]
        totals = np.bincount(groups, minlength=len(self._folded))

        def count(found: npt.NDArray[np.bool_]) -> int:
            return int(totals[found].sum()) if products is None else len(np.unique(products[found[groups]]))

        frequent = np.argsort(-totals, kind="stable")[: FACET_VALUES + 1].tolist()
        shown = [group for group in frequent if totals[group] and self._folded[group]][:FACET_VALUES]
        counts = [Count(value=self._shown[group], count=count(self._found_by(group))) for group in shown]
        return sorted(counts, key=lambda each: -each.count)

    def totals(self, rows: Rows) -> dict[str, int]:
        """Return the number of `rows` with each value that one of them has, without the empty one."""
        totals = np.bincount(self._groups[rows], minlength=len(self._folded)).tolist()
        return {self._shown[group]: total for group, total in enumerate(totals) if total and self._folded[group]}

    def _found_by(self, group: int) -> npt.NDArray[np.bool_]:
        """Return which groups, bool [G], a filter with the value of a group finds."""
        if group not in self._found:
            self._found[group] = self._groups_with([self._shown[group]])
        return self._found[group]


def _contains_words(values: set[str]) -> Callable[[str], bool]:
    """Return a predicate that is true of texts that contain all words of one of `values`, if it has words."""
    alternatives = [set(value.split()) for value in values if value]
    return lambda text: any(words <= set(text.split()) for words in alternatives)


def at_or_below(categories: set[str]) -> Callable[[str], bool]:
    """Return a predicate that is true of folded categories that are one of `categories`, or below one."""
    prefixes = tuple(category + SEPARATOR for category in categories)
    return lambda category: bool(category) and (category in categories or category.startswith(prefixes))


_MATCHES: Final[Mapping[Facet, Callable[[set[str]], Callable[[str], bool]]]] = {
    "brand": lambda values: values.__contains__,
    "color": _contains_words,
    "category": at_or_below,
}
"""By facet, a function of a filter's folded values that returns a predicate of a product's."""
