"""Atomic CSV writing, with one line per record for line-based readers."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from vitrine.files.replacing import replace_file
from vitrine.text.characters import has_controls

CONTROLS = r"[\x00-\x1f\x7f-\x{009f}\x{2028}\x{2029}]+"
"""RE2 of control characters, and of others that some CSV readers take for the end of a line."""


def write(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write tables to one CSV file, which is renamed into place when it is complete.

    Args:
        path: the file; its folder is created if it does not exist.
        schema: the columns to write, in order. A column that a table lacks, and each null, becomes an empty cell.
        tables: the tables; string columns are converted by `one_line`.
    """
    with writer(path, schema) as append:
        for table in tables:
            append(table)


@contextmanager
def writer(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Yield a function that appends a table to the file, which is renamed into place if the block succeeds."""
    with replace_file(path) as partial, arrow_csv.CSVWriter(partial, schema) as file:
        yield lambda table: file.write_table(pa.table([_column(table, field) for field in schema], schema=schema))


def one_line(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Replace each run of line breaks and control characters by a space, and nulls by ""."""
    column = column.cast(pa.string()).fill_null("")
    return pc.replace_substring_regex(column, CONTROLS, " ") if has_controls(column) else column


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    if field.name not in table.column_names:
        return pa.nulls(table.num_rows, field.type)
    column = table[field.name]
    return one_line(column) if field.type == pa.string() else column.cast(field.type)
