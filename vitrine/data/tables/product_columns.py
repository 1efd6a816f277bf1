"""Columns of the contract from those of a shop's file, block by block."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import CURRENCY, IMAGE, PRICE, PRODUCT_ID, PRODUCT_TEXT, VIEWS
from vitrine.data.contract.derived_columns import string_table
from vitrine.data.contract.rules import LEADS_OUT, PARENT, TAKEN
from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.formats.csv_writing import one_line
from vitrine.data.formats.records import Fault, Records
from vitrine.data.tables.image_cells import read_images
from vitrine.data.tables.layouts import STATUS, Layout
from vitrine.data.tables.matching import Matched
from vitrine.data.tables.prices import PriceReader
from vitrine.data.tables.wrong_encoding import misread, wrong_encoding
from vitrine.text.characters import is_printable_ascii
from vitrine.text.plain_text import plain_text

INVISIBLE: Final = r"[\x{00ad}\x{200b}-\x{200f}\x{2060}\x{feff}]+"
"""RE2 of characters that nobody sees, which would make two ids of one."""

LISTED_PARENT: Final = r'["/]\.\.["/]'
"""RE2 of lists in JSON with a path that leads out."""

MALFORMED: Final = "is no list of images"
WRITTEN_BREAKS: Final = r"\\[rnt]"
HINTS: Final = {TAKEN: "; --group merges rows of one product"}


def clean_ids(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """Remove invisible characters and surrounding white space from ids [N], and compose their letters."""
    if is_printable_ascii(ids):
        return pc.ascii_trim_whitespace(ids)
    ids = pc.replace_substring_regex(one_line(ids), INVISIBLE, "").combine_chunks()
    beyond = pc.match_substring_regex(ids, r"[^\x00-\x7f]")
    # Arrow 18's `utf8_normalize` decomposes for the form NFC.
    composed = [unicodedata.normalize("NFC", text) for text in ids.filter(beyond).to_pylist()]
    cleaned = pc.replace_with_mask(ids, beyond, pa.array(composed, pa.string()))
    return pa.chunked_array([pc.utf8_trim_whitespace(cleaned)])


@dataclass
class ProductReader:
    """A conversion of blocks of a shop's catalogue to the columns of its layout and those of `attributes`.

    `hidden` counts the rows of products that the shop does not show, `misread` has the first value that looks like
    UTF-8 in another encoding, and their number.
    """

    layout: Layout
    matched: Matched
    dialect: Dialect
    html: bool
    prices: PriceReader
    attributes: tuple[str, ...] = ()
    hidden: int = 0
    misread: tuple[Fault | None, int] = (None, 0)

    def read(self, raw: Records) -> Records:
        """Return the products of a block of the file's columns, with the faults of its rows and values."""
        texts = [name for name in (PRODUCT_ID, *PRODUCT_TEXT) if name in self.matched.columns]
        used = dict.fromkeys(column for name in texts for column in self.matched.columns[name])
        bad = wrong_encoding(raw, list(used), self.dialect)
        good = raw.without(bad)
        if found := misread(good, list(used)):
            self.misread = (self.misread[0] or found[0], self.misread[1] + len(found))
        faults = [*raw.faults, *bad]
        columns = {name: self._column(good.table, name) for name in self.matched.columns if name not in (IMAGE, VIEWS)}
        columns[PRODUCT_ID] = clean_ids(columns[PRODUCT_ID])
        if PRICE in columns:
            faults += self._read_prices(good, columns)
        faults += self._read_images(good, columns)
        if STATUS in columns:
            shown = pa.array(["", *self.layout.shown])
            hidden = pc.invert(pc.is_in(pc.utf8_lower(columns[STATUS]), value_set=shown))
            self.hidden += pc.sum(hidden).as_py() or 0
        table = string_table(columns, [*self.layout.known, *self.attributes], good.table.num_rows)
        return Records(table, raw.path, good.rows, faults, self.matched.names, HINTS)

    def _column(self, table: pa.Table, name: str) -> pa.ChunkedArray:
        """Return a column of the contract [N] from the file's: the first that is filled, or all of them."""
        parts = [table[column] for column in self.matched.columns[name]]
        if name in PRODUCT_TEXT:
            parts = [self._text(part) for part in parts]
        else:
            parts = [pc.utf8_trim_whitespace(part) for part in parts]
        if name == PRODUCT_ID and len(parts) > 1:  # WooCommerce's reference to a parent without a SKU
            parts = [pc.replace_substring_regex(part, "^id:", "") for part in parts]
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

    def _read_prices(self, records: Records, columns: dict[str, pa.ChunkedArray]) -> list[Fault]:
        """Replace the prices by numbers, and add their currencies; return a fault for each that cannot be read."""
        texts = columns[PRICE]
        columns[PRICE], codes, reasons = self.prices.read(texts)
        given = columns.get(CURRENCY)
        columns[CURRENCY] = codes if given is None else pc.if_else(pc.equal(codes, ""), given, codes)
        return _unreadable(records, texts, self.matched.names[PRICE], reasons)

    def _read_images(self, records: Records, columns: dict[str, pa.ChunkedArray]) -> list[Fault]:
        """Add `image` and `views`; return a fault for each product of which they cannot be read."""
        cells = [records.table[column] for name in (IMAGE, VIEWS) for column in self.matched.columns.get(name, ())]
        if not cells or not records.table.num_rows:
            return []
        images = read_images(cells)
        first_outside = pc.match_substring_regex(images.first, PARENT)
        outside = pc.or_(first_outside, pc.match_substring_regex(images.others, LISTED_PARENT))
        columns[IMAGE] = pc.if_else(first_outside, "", images.first)
        columns[VIEWS] = pc.if_else(outside, "", images.others)
        column = self.matched.names.get(IMAGE) or self.matched.names[VIEWS]
        shown = Records(pa.table({column: pc.binary_join_element_wise(*cells, " ")}), records.path, records.rows)
        faults = [*shown.where(images.malformed, column, MALFORMED), *shown.where(outside, column, LEADS_OUT)]
        return [replace(fault, value_only=True) for fault in faults]


def _unreadable(records: Records, values: pa.ChunkedArray, column: str, reasons: Mapping[str, str]) -> list[Fault]:
    """Return a fault for each of `values` that has a reason; the records are kept without them."""
    if not reasons:
        return []
    bad = pc.is_in(values, value_set=pa.array(list(reasons))).combine_chunks()
    found = zip(records.rows.filter(bad).to_pylist(), values.filter(bad).to_pylist(), strict=True)
    return [Fault(records.path, row, column, value, reasons[value], value_only=True) for row, value in found]
