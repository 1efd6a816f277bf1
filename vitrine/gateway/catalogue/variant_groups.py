"""The groups of products that are variants of one, by the keyword that a catalogue declares for it."""

from collections.abc import Mapping
from typing import Self

import numpy as np

from vitrine.gateway.catalogue.attribute_columns import AttributeColumn, LabelColumn
from vitrine.gateway.catalogue.facet_column import Rows


class VariantGroups:
    """The groups of N products. `numbers`, int64 [N], are those of their groups; variants have one.

    A product without a value is a group of its own.
    """

    def __init__(self, column: LabelColumn) -> None:
        codes = column.codes
        self._values = column.folded
        self.numbers: Rows = np.where(codes < 0, len(codes) + np.arange(len(codes)), codes)

    @classmethod
    def of(cls, attributes: Mapping[str, AttributeColumn]) -> Self | None:
        """Return the groups by the attribute that is declared for them; None without one."""
        grouping = (column for column in attributes.values() if column.attribute.group)
        column = next(grouping, None)
        return cls(column) if isinstance(column, LabelColumn) else None

    def value(self, row: int) -> str | None:
        """Return the folded value that the variants of the product in `row` share; None without one."""
        number = int(self.numbers[row])
        return self._values[number] if number < len(self._values) else None

    def variants(self, row: int) -> Rows:
        """Return the rows of the variants of the product in `row`, itself included."""
        return np.flatnonzero(self.numbers == self.numbers[row])
