"""The columns of attributes in memory: the rows that a filter finds, the values that are shown, counted and sorted by.

Every column is made of arrays, so that a filter takes about a millisecond for a hundred thousand products.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.table import AttributeTable
from vitrine.data.attributes.times import iso_date
from vitrine.features.filter_columns import folded, folded_color
from vitrine.gateway.catalogue.facet_column import FACET_VALUES, Rows
from vitrine.gateway.schemas.facets import Count
from vitrine.gateway.schemas.filters import AttributeFilter, Range
from vitrine.gateway.schemas.values import AttributeValue

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
SortKey = float | str

WANTED: Final = {
    "text": 'is found by words, such as ["hand wash"]',
    "keyword": 'is filtered by values, such as ["S", "M"]',
    "list": 'is filtered by values, such as ["cotton", "wool"]',
    "number": 'is filtered by a range or by values, such as {"min": 1, "max": 2} or [8, 16]',
    "boolean": "is filtered by true or false",
    "time": 'is filtered by a range, such as {"min": "2026-11-01"}',
}
"""The filter of each type of attribute, for messages."""


class AttributeColumn(Protocol):
    """The values of one attribute of N products."""

    attribute: Attribute

    def accepts(self, condition: AttributeFilter) -> bool:
        """Return whether the attribute can be filtered by a condition."""

    def where(self, condition: AttributeFilter) -> Mask:
        """Return a mask, bool [N], of the rows that a condition, which the column accepts, finds."""

    def value(self, row: int) -> AttributeValue | None:
        """Return a product's value as the API shows it; None if it is unknown."""

    def sort_keys(self, rows: Rows) -> Sequence[SortKey | None] | None:
        """Return what products in `rows` are sorted by, None where it is unknown; None if they cannot be sorted."""

    def replaced(self, values: Sequence[AttributeValue | None]) -> "AttributeColumn":
        """Return the column with those of `values`, [N], that are known."""


class NumberColumn:
    """An attribute that is a number, a boolean (0 or 1) or a time (milliseconds since 1970): `numbers` float64 [N].

    NaN is an unknown value.
    """

    def __init__(self, attribute: Attribute, numbers: Numbers) -> None:
        self.attribute = attribute
        self.numbers = numbers

    @classmethod
    def of(cls, attribute: Attribute, column: pa.ChunkedArray) -> "NumberColumn":
        """Take a column of numbers, booleans or timestamps."""
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        numbers = column.cast(pa.float64(), safe=False)
        return cls(attribute, pc.fill_null(numbers, float("nan")).to_numpy())

    def accepts(self, condition: AttributeFilter) -> bool:
        """Return whether the condition is of the attribute's type."""
        if self.attribute.type == "boolean":
            return isinstance(condition, bool)
        if isinstance(condition, Range):
            return condition.is_of_times == (self.attribute.type == "time")
        is_number = self.attribute.type == "number"
        return is_number and isinstance(condition, list) and not any(isinstance(value, str) for value in condition)

    def where(self, condition: AttributeFilter) -> Mask:
        """Return the rows with the number, or within the range, of which both ends count."""
        if isinstance(condition, Range):
            low, high = condition.bounds
            return np.asarray((self.numbers >= low) & (self.numbers <= high))
        values = [condition] if isinstance(condition, bool) else condition
        return np.isin(self.numbers, np.array(values, np.float64))

    def value(self, row: int) -> AttributeValue | None:
        """Return the number, true or false, or the time in ISO 8601."""
        number = float(self.numbers[row])
        if np.isnan(number):
            return None
        if self.attribute.type == "boolean":
            return number == 1
        if self.attribute.type == "time":
            return iso_date(int(number))
        return int(number) if number.is_integer() else number

    def sort_keys(self, rows: Rows) -> Sequence[SortKey | None]:
        """Return the numbers."""
        return [None if np.isnan(number) else number for number in self.numbers[rows].tolist()]

    def replaced(self, values: Sequence[AttributeValue | None]) -> "NumberColumn":
        """Return the column with the numbers that are known."""
        given = np.array([np.nan if value is None else float(value) for value in values], np.float64)  # type: ignore[arg-type]
        return NumberColumn(self.attribute, np.where(np.isnan(given), self.numbers, given))


class LabelColumn:
    """An attribute that has one or more values of a vocabulary.

    Values that differ in case, in Unicode's forms or in spaces are one, written as most products write it.
    """

    def __init__(self, attribute: Attribute, owners: Rows, written: pa.Array, count: int) -> None:
        """Take the `written` values, string [M], of the rows `owners`, int64 [M]."""
        self.attribute = attribute
        self.count = count
        self._owners, self._written = owners, written
        encoded = written.dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        values = encoded.dictionary.to_pylist()
        groups: dict[str, int] = {}
        group_of = np.array([groups.setdefault(folded(value), len(groups)) for value in values], np.int32)
        self.folded = list(groups)
        self.groups = group_of[codes] if len(values) else np.zeros(0, np.int32)
        self.shown = [""] * len(groups)
        for code in np.argsort(np.bincount(codes, minlength=len(values)), kind="stable").tolist():
            self.shown[group_of[code]] = values[code]
        self._starts = np.searchsorted(owners, np.arange(count + 1))
        # A row may write one value in two ways.
        distinct = np.unique(owners * max(len(groups), 1) + self.groups)
        self._pair_groups = (distinct % max(len(groups), 1)).astype(np.int32)
        self._pair_starts = np.searchsorted(distinct // max(len(groups), 1), np.arange(count + 1))

    @classmethod
    def of(cls, attribute: Attribute, column: pa.ChunkedArray) -> "LabelColumn":
        """Take a column of strings, or of lists of strings."""
        values = column.combine_chunks()
        if pa.types.is_list(values.type):
            owners = pc.list_parent_indices(values).to_numpy().astype(np.int64)
            return cls(attribute, owners, pc.list_flatten(values), len(values))
        owners = np.flatnonzero(np.asarray(values.is_valid()))
        return cls(attribute, owners, values.drop_null(), len(values))

    @property
    def codes(self) -> Rows:
        """The code of each row's first value, int64 [N], -1 without one."""
        has_value = self._starts[:-1] < self._starts[1:]
        codes = np.full(self.count, -1, np.int64)
        codes[has_value] = self.groups[self._starts[:-1][has_value]]
        return codes

    def accepts(self, condition: AttributeFilter) -> bool:
        """Return whether the condition is a list of texts."""
        return isinstance(condition, list) and all(isinstance(value, str) for value in condition)

    def where(self, condition: AttributeFilter) -> Mask:
        """Return the rows that have one of the values."""
        wanted = (
            {folded(value) for value in condition if isinstance(value, str)} if isinstance(condition, list) else set()
        )
        is_wanted = np.fromiter((text in wanted for text in self.folded), bool, len(self.folded))
        mask = np.zeros(self.count, bool)
        mask[self._owners[is_wanted[self.groups]]] = True
        return mask

    def value(self, row: int) -> AttributeValue | None:
        """Return the value as it is written, or the list of values."""
        start, end = self._starts[row], self._starts[row + 1]
        if start == end:
            return None
        values: list[str] = self._written[start:end].to_pylist()
        return values if self.attribute.type == "list" else values[0]

    def sort_keys(self, rows: Rows) -> Sequence[SortKey | None] | None:
        """Return the folded values of keywords; lists cannot be sorted."""
        if self.attribute.type == "list":
            return None
        starts, ends = self._starts[rows], self._starts[rows + 1]
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        return [self.folded[self.groups[start]] if start < end else None for start, end in pairs]

    def replaced(self, values: Sequence[AttributeValue | None]) -> "LabelColumn":
        """Return the column with the texts that are known."""
        rows = [
            [value] if isinstance(value, str) else self._written[start:end].to_pylist()
            for value, start, end in zip(values, self._starts[:-1].tolist(), self._starts[1:].tolist(), strict=True)
        ]
        return LabelColumn.of(self.attribute, pa.chunked_array([pa.array(rows, pa.list_(pa.string()))]))

    def counts(self, rows: Rows | None, products: Rows | None = None) -> list[Count]:
        """Count the most frequent values in `rows`, which are distinct, by default in all rows.

        A count is the number of rows that a filter with the value finds, or of the different numbers that they have in
        `products`, int64 [R].
        """
        if rows is None:
            groups = self._pair_groups
        else:
            starts, ends = self._pair_starts[rows], self._pair_starts[rows + 1]
            places = np.repeat(ends - np.cumsum(ends - starts), ends - starts) + np.arange((ends - starts).sum())
            groups = self._pair_groups[places]
            if products is not None:
                pairs = np.stack([np.repeat(products, ends - starts), groups.astype(np.int64)])
                groups = np.unique(pairs, axis=1)[1]
        totals = np.bincount(groups, minlength=len(self.folded))
        frequent = np.argsort(-totals, kind="stable")[:FACET_VALUES].tolist()
        return [Count(value=self.shown[group], count=int(totals[group])) for group in frequent if totals[group]]


class TextColumn:
    """An attribute that is found by its words; it has no facet and no order."""

    def __init__(self, attribute: Attribute, texts: pa.Array) -> None:
        """Take texts, string [N]; null is unknown."""
        self.attribute = attribute
        self._texts = texts
        self._vocabulary: dict[str, int] = {}
        codes = self._vocabulary
        words = [
            [codes.setdefault(word, len(codes)) for word in dict.fromkeys(folded_color(text or "").split())]
            for text in texts.to_pylist()
        ]
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        self._owners = np.repeat(np.arange(len(words)), lengths)
        self._codes = np.fromiter(chain.from_iterable(words), np.int32, int(lengths.sum()))

    def accepts(self, condition: AttributeFilter) -> bool:
        """Return whether the condition is a list of texts."""
        return isinstance(condition, list) and all(isinstance(value, str) for value in condition)

    def where(self, condition: AttributeFilter) -> Mask:
        """Return the rows whose text has all words of one of the values."""
        mask = np.zeros(len(self._texts), bool)
        for value in condition if isinstance(condition, list) else []:
            if words := folded_color(str(value)).split():
                mask |= np.logical_and.reduce([self._with(word) for word in words])
        return mask

    def _with(self, word: str) -> Mask:
        mask = np.zeros(len(self._texts), bool)
        mask[self._owners[self._codes == self._vocabulary.get(word, -1)]] = True
        return mask

    def value(self, row: int) -> AttributeValue | None:
        """Return the text."""
        text: str | None = self._texts[row].as_py()
        return text

    def sort_keys(self, rows: Rows) -> None:
        """Return None: texts cannot be sorted."""

    def replaced(self, values: Sequence[AttributeValue | None]) -> "TextColumn":
        """Return the column with the texts that are known."""
        given = pa.array([value if isinstance(value, str) else None for value in values], pa.string())
        return TextColumn(self.attribute, pc.coalesce(given, self._texts))


def column_of(attribute: Attribute, values: pa.ChunkedArray) -> AttributeColumn:
    """Return the column of an attribute's values, [N], of the Arrow type of `vitrine.data.attributes.cells`."""
    if attribute.type in ("keyword", "list"):
        return LabelColumn.of(attribute, values)
    if attribute.type == "text":
        return TextColumn(attribute, values.combine_chunks())
    return NumberColumn.of(attribute, values)


def columns_of(table: AttributeTable) -> dict[str, AttributeColumn]:
    """Return the columns of an index's attributes by name."""
    return {name: column_of(attribute, table.columns[name]) for name, attribute in table.declared.items()}


def with_values(
    known: AttributeColumn | None, values: Sequence[AttributeValue | None], is_text: bool
) -> AttributeColumn | None:
    """Return a column with the values of offers, [N], texts or numbers, where they are known.

    `known` is the catalogue's own column of that name, if it has one; None is returned if that has other values.
    """
    if known is None:
        attribute = Attribute(type="keyword" if is_text else "number")
        array = pa.array(values, pa.string() if is_text else pa.float64())
        return column_of(attribute, pa.chunked_array([array]))
    fitting = ("keyword", "text", "list") if is_text else ("number", "boolean")
    return known.replaced(values) if known.attribute.type in fitting else None
