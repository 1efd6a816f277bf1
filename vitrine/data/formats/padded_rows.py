"""Rows with more or fewer empty columns at their end than the header, as Excel writes them."""

import csv
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.formats.dialect import Dialect
from vitrine.data.formats.records import Records


def padded_row(text: str, count: int, names: Sequence[str], dialect: Dialect) -> list[str]:
    """Return the values of a row of `count` fields, or none if other than empty columns are missing or too many."""
    if any(names[count:]):
        return []
    if dialect.quoting == "none":
        values = text.split(dialect.delimiter)
    else:
        try:
            values = next(csv.reader([text], delimiter=dialect.delimiter), [])
        except csv.Error:
            return []
    return values if len(values) == count and not any(values[len(names) :]) else []


def with_padded_rows(
    records: Records, names: Sequence[str], columns: Sequence[str], padded: dict[int, list[str]]
) -> Records:
    """Add the rows of `padded` that are among the faults of `records`, and remove them from both."""
    found = [fault.row for fault in records.faults if fault.row in padded]
    if not found:
        return records
    values = [padded.pop(row) for row in found]
    places = [names.index(column) for column in columns]
    added = pa.table({name: [row[place] for row in values] for name, place in zip(columns, places, strict=True)})
    added, rows = without_empty_rows(added.cast(records.table.schema), pa.array(found, pa.int64()))
    rows = pa.concat_arrays([records.rows, rows])
    order = pc.array_sort_indices(rows)
    known = set(found)
    faults = [fault for fault in records.faults if fault.row not in known]
    table = pa.concat_tables([records.table, added]).take(order)
    return replace(records, table=table, rows=rows.take(order), faults=faults)


def without_empty_rows(table: pa.Table, rows: pa.Array) -> tuple[pa.Table, pa.Array]:
    """Remove the rows without any value."""
    filled = pc.not_equal(pc.binary_join_element_wise(*table.columns, ""), "").combine_chunks()
    return table.filter(filled), rows.filter(filled)
