"""A shop's catalogue in any of the layouts, as records of the contract."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from vitrine.data.columns import CATALOGUE, CURRENCY, PRODUCT_ID, VIEWS
from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.formats.records import SHOWN, Records, joined
from vitrine.data.tables.files import column_names, file_dialect, read_table
from vitrine.data.tables.image_cells import limit_views
from vitrine.data.tables.layouts import OPTIONS, STATUS, Layout, detect_layout
from vitrine.data.tables.matching import Matched, key, match_columns
from vitrine.data.tables.prices import Decimal, PriceReader
from vitrine.data.tables.product_columns import ProductReader
from vitrine.data.tables.variants import merge_variants
from vitrine.errors import DataError

MAPPABLE: Final = (*CATALOGUE, CURRENCY)
BEYOND: Final = "images of products with more than eleven"


@dataclass
class CatalogueTable:
    """A shop's catalogue.

    Attributes:
        path: its file.
        dialect: its dialect if it is CSV, with the delimiter "" for that of the first line.
        chosen: the file's column by the contract's, as the user maps them.
        html: whether texts are cleaned of HTML.
        decimal: the decimal mark of prices, "" to tell it from the prices.
        group: whether the rows of one id are merged.
        notes: sentences for the user, added while the catalogue is read.
        left_out: counts of what is left out, by reason, added while the catalogue is read.
        shared_id: whether `chosen` has the `product_id` of this file or the other one.
        attributes: the file's column by attribute.
        listed: the attributes of which the values of all rows of a product are kept.
    """

    path: Path
    dialect: Dialect
    chosen: Mapping[str, str]
    html: bool = True
    decimal: Decimal | Literal[""] = ""
    group: bool = False
    notes: list[str] = field(default_factory=list)
    left_out: MutableMapping[str, int] = field(default_factory=dict)
    shared_id: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    listed: Sequence[str] = ()

    @cached_property
    def _dialect(self) -> Dialect:
        return file_dialect(self.path, self.dialect, self.notes)

    @cached_property
    def _header(self) -> list[str]:
        return column_names(self.path, self._dialect)

    @cached_property
    def layout(self) -> Layout:
        """The layout of the file.

        Raises:
            DataError: the file cannot be read.
        """
        return detect_layout(self._header)

    @cached_property
    def _matched(self) -> Matched:
        known = {**self.layout.known, **{name: (column,) for name, column in self.attributes.items()}}
        for name, column in self.attributes.items():
            if not any(key(column) == key(other) for other in self._header):
                has = ", ".join(map(repr, filter(None, self._header)))
                raise DataError(
                    f"{self.path}:1: column {column!r} is missing; the file has {has}. "
                    f"Name the one to use with --attribute {name}=COLUMN"
                )
        return match_columns(self.path, self._header, known, self.chosen, (PRODUCT_ID,), self.notes, self.shared_id)

    @property
    def _options(self) -> list[tuple[str, str]]:
        return [pair for pair in OPTIONS if pair[1] in self._matched.columns]

    def products(self) -> Iterator[Records]:
        """Yield blocks with all of the contract's columns, `currency` and the attributes.

        Raises:
            DataError: the file cannot be read, or has no column of product ids.
        """
        self._note_columns()
        reader = ProductReader(
            self.layout, self._matched, self._dialect, self.html, PriceReader(self.decimal), tuple(self.attributes)
        )
        columns = list(dict.fromkeys(name for names in self._matched.columns.values() for name in names))
        blocks = map(reader.read, read_table(self.path, columns, self._dialect))
        for records in self._merged(blocks) if self.group or self.layout.variants else blocks:
            views, beyond = limit_views(records.table[VIEWS])
            if beyond:
                self.left_out[BEYOND] = self.left_out.get(BEYOND, 0) + beyond
            table = records.table.set_column(records.table.column_names.index(VIEWS), VIEWS, views)
            yield replace(records, table=table.select([*MAPPABLE, *self.attributes]))
        self._note_products(reader)

    def _note_columns(self) -> None:
        matched, file = self._matched, self.path.name
        if self.layout.name:
            self.notes.append(f"{file}: read as {self.layout.name}")
        if matched.unused:
            self.notes.append(f"{file}: columns not used: {', '.join(map(repr, matched.unused))}")
        optional = {VIEWS, *set(self.layout.known) - set(CATALOGUE)}
        if self._options:
            optional.add("color")  # an option may have it
        if absent := [name for name in matched.absent if name not in optional]:
            hint = f"--map {absent[0]}=COLUMN names one, --map {absent[0]}= none"
            self.notes.append(f"warning: {file}: no column for {', '.join(absent)} ({hint})")

    def _note_products(self, reader: ProductReader) -> None:
        prices = reader.prices
        if len(prices.currencies) > 1:
            currencies = " and ".join(prices.currencies)
            self.notes.append(f"warning: {self.path.name}: prices are in {currencies}, and are not converted")
        if prices.guess and len(prices.marks) > 1:
            text, number = prices.guess
            self.notes.append(
                f"warning: {self.path.name}: prices have both decimal marks, and {text!r} was read as {number} before "
                "the second one was seen; --decimal . or --decimal , says which mark it is"
            )
        first, count = reader.misread
        if first:
            self.notes.append(
                f"warning: {self.path.name}: {count:,} values look like UTF-8 that was read in another encoding, the "
                f"first in row {first.row}: {first.value[:SHOWN]!r}; export them again in UTF-8"
            )
        if reader.hidden:
            self.notes.append(
                f"warning: {self.path.name}: {reader.hidden:,} rows are of products that the shop does not show "
                f"({self._matched.names[STATUS]!r}); they are in the catalogue"
            )

    def _merged(self, blocks: Iterator[Records]) -> Iterator[Records]:
        """Read all blocks and merge the rows of each product; the faults come with them."""
        read = list(blocks)
        if not read:
            return
        whole = joined(read)
        table, rows = merge_variants(whole.table, whole.rows, self._options, self.listed)
        yield replace(whole, table=table, rows=rows)
