"""A shop's catalogue in any of the layouts, as records of the contract."""

import unicodedata
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import CATALOGUE, CURRENCY, IMAGE, PRICE, PRODUCT_ID, PRODUCT_TEXT, VIEWS
from vitrine.data.contract.derived_columns import string_table
from vitrine.data.contract.rules import LEADS_OUT, PARENT, TAKEN
from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.formats.csv_writing import one_line
from vitrine.data.formats.records import Fault, Records
from vitrine.data.tables.files import column_names, file_dialect, read_table
from vitrine.data.tables.image_cells import limit_views, read_images
from vitrine.data.tables.layouts import OPTIONS, STATUS, Layout, detect_layout
from vitrine.data.tables.matching import Matched, match_columns
from vitrine.data.tables.prices import Decimal, PriceReader
from vitrine.data.tables.variants import merge_variants
from vitrine.data.tables.wrong_encoding import wrong_encoding
from vitrine.text.characters import is_printable_ascii
from vitrine.text.plain_text import plain_text

INVISIBLE: Final = r"[\x{00ad}\x{200b}-\x{200f}\x{2060}\x{feff}]+"
"""RE2 of characters that nobody sees, which would make two ids of one."""

MAPPABLE: Final = (*CATALOGUE, CURRENCY)
MALFORMED: Final = "is no list of images"
BEYOND: Final = "images of products with more than eleven"
WRITTEN_BREAKS: Final = r"\\[rnt]"


def clean_ids(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """Remove invisible characters and surrounding white space from ids [N], and compose their letters."""
    if is_printable_ascii(ids):
        return pc.ascii_trim_whitespace(ids)
    ids = pc.replace_substring_regex(one_line(ids), INVISIBLE, "").combine_chunks()
    beyond = pc.match_substring_regex(ids, r"[^\x00-\x7f]")
    # Arrow 18's `utf8_normalize` decomposes for the form NFC.
    composed = [unicodedata.normalize("NFC", text) for text in ids.filter(beyond).to_pylist()]
    return pa.chunked_array(
        [pc.utf8_trim_whitespace(pc.replace_with_mask(ids, beyond, pa.array(composed, pa.string())))]
    )


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
    """

    path: Path
    dialect: Dialect
    chosen: Mapping[str, str]
    html: bool = True
    decimal: Decimal | Literal[""] = ""
    group: bool = False
    notes: list[str] = field(default_factory=list)
    left_out: MutableMapping[str, int] = field(default_factory=dict)
    _hidden: int = 0

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
        return match_columns(self.path, self._header, self.layout.known, self.chosen, (PRODUCT_ID,))

    @property
    def _options(self) -> list[tuple[str, str]]:
        return [pair for pair in OPTIONS if pair[1] in self._matched.columns]

    def products(self) -> Iterator[Records]:
        """Yield blocks with all of the contract's columns, and `currency` if there are currencies.

        Raises:
            DataError: the file cannot be read, or has no column of product ids.
        """
        self._note_columns()
        prices = PriceReader(self.decimal)
        columns = list(dict.fromkeys(name for names in self._matched.columns.values() for name in names))
        blocks = (self._products(raw, prices) for raw in read_table(self.path, columns, self._dialect))
        for records in self._merged(blocks) if self.group or self.layout.variants else blocks:
            views, beyond = limit_views(records.table[VIEWS])
            if beyond:
                self.left_out[BEYOND] = self.left_out.get(BEYOND, 0) + beyond
            table = records.table.set_column(records.table.column_names.index(VIEWS), VIEWS, views)
            yield replace(records, table=table.select(MAPPABLE))
        if len(prices.currencies) > 1:
            currencies = " and ".join(prices.currencies)
            self.notes.append(f"warning: {self.path.name}: prices are in {currencies}, and are not converted")
        if self._hidden:
            column = self._matched.names[STATUS]
            self.notes.append(
                f"warning: {self.path.name}: {self._hidden:,} rows are of products that the shop does not show "
                f"({column!r}); they are in the catalogue"
            )

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

    def _products(self, raw: Records, prices: PriceReader) -> Records:
        """Convert a block of the file's columns to the contract's, and those that merging needs."""
        matched, names = self._matched, self._matched.names
        texts = [name for name in (PRODUCT_ID, *PRODUCT_TEXT) if name in matched.columns]
        used = dict.fromkeys(column for name in texts for column in matched.columns[name])
        bad = wrong_encoding(raw, list(used), self._dialect)
        good = raw.without(bad)
        columns = {name: self._column(good.table, name) for name in matched.columns if name not in (IMAGE, VIEWS)}
        columns[PRODUCT_ID] = clean_ids(columns[PRODUCT_ID])
        faults = [*raw.faults, *bad]
        if PRICE in columns:
            numbers, codes, reasons = prices.read(columns[PRICE])
            faults += _dropped(good, columns[PRICE], names[PRICE], reasons)
            given = columns.get(CURRENCY)
            columns[PRICE] = numbers
            columns[CURRENCY] = codes if given is None else pc.if_else(pc.equal(codes, ""), given, codes)
        cells = [good.table[column] for name in (IMAGE, VIEWS) for column in matched.columns.get(name, ())]
        if cells and good.table.num_rows:
            images = read_images(cells)
            outside = pc.or_(*(pc.match_substring_regex(part, PARENT) for part in (images.first, images.others)))
            cell = pc.binary_join_element_wise(*cells, " ")
            column = names.get(IMAGE) or names[VIEWS]
            shown = Records(pa.table({column: cell}), good.path, good.rows)
            for mask, reason in ((images.malformed, MALFORMED), (outside, LEADS_OUT)):
                faults += [_value_only(fault) for fault in shown.where(mask, column, reason)]
            columns[IMAGE] = pc.if_else(outside, "", images.first)
            columns[VIEWS] = pc.if_else(outside, "", images.others)
        self._count_hidden(columns)
        table = string_table(columns, list(self.layout.known), good.table.num_rows)
        hints = {TAKEN: "; --group merges rows of one product"}
        return Records(table, raw.path, good.rows, faults, names, hints)

    def _column(self, table: pa.Table, name: str) -> pa.ChunkedArray:
        """Return a column of the contract [N] from the file's: the first that is filled, or all of them."""
        parts = [table[column] for column in self._matched.columns[name]]
        if name not in PRODUCT_TEXT:
            parts = [pc.utf8_trim_whitespace(part) for part in parts]
        if name == PRODUCT_ID:
            parts = [pc.replace_substring_regex(part, "^id:", "") for part in parts] if len(parts) > 1 else parts
        if name in PRODUCT_TEXT:
            parts = [self._text(part) for part in parts]
        if name in self.layout.joined:
            return pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, " "))
        value = parts[0]
        for part in parts[1:]:
            value = pc.if_else(pc.equal(value, ""), part, value)
        return value if name in PRODUCT_TEXT else one_line(value)

    def _text(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        if self.layout.written_breaks:
            column = pc.replace_substring_regex(column, WRITTEN_BREAKS, " ")
        return plain_text(column) if self.html else pc.utf8_trim_whitespace(one_line(column))

    def _count_hidden(self, columns: Mapping[str, pa.ChunkedArray]) -> None:
        if STATUS in columns:
            shown = pa.array(["", *self.layout.shown])
            hidden = pc.invert(pc.is_in(pc.utf8_lower(columns[STATUS]), value_set=shown))
            self._hidden += pc.sum(hidden).as_py() or 0

    def _merged(self, blocks: Iterator[Records]) -> Iterator[Records]:
        """Read all blocks and merge the rows of each product; the faults come with them."""
        read = list(blocks)
        if not read:
            return
        table = pa.concat_tables([records.table for records in read])
        rows = pa.chunked_array([records.rows for records in read], pa.int64()).combine_chunks()
        merged, first_rows = merge_variants(table, rows, self._options)
        faults = [fault for records in read for fault in records.faults]
        yield replace(read[0], table=merged, rows=first_rows, faults=faults)


def _dropped(records: Records, values: pa.ChunkedArray, column: str, reasons: Mapping[str, str]) -> list[Fault]:
    """Return a fault for each of `values` that has a reason; the records are kept without them."""
    if not reasons:
        return []
    bad = pc.is_in(values, value_set=pa.array(list(reasons))).combine_chunks()
    found = zip(records.rows.filter(bad).to_pylist(), values.filter(bad).to_pylist(), strict=True)
    return [Fault(records.path, row, column, value, reasons[value], value_only=True) for row, value in found]


def _value_only(fault: Fault) -> Fault:
    return replace(fault, value_only=True)
