"""CSV writing that any line-based reader can take apart again, whole or not at all."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from vitrine.files.replacing import replace_file

CONTROLS = r"[\x00-\x1f\x7f\x{0085}\x{2028}\x{2029}]+"
"""RE2: characters that some reader of CSV lines takes for the end of one, and the other ASCII controls."""


def write(path: Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write tables one after the other as one CSV file, which appears only when it is complete.

    Args:
        path: the file; its folder is made if it does not exist.
        schema: the columns to write, in order. A column that a table lacks, and each null, is left empty.
        tables: string columns are written by `one_line`.
    """
    with writer(path, schema) as append:
        for table in tables:
            append(table)


@contextmanager
def writer(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that appends a table to the file, which appears when the block ends well; see `write`."""
    with replace_file(path) as partial, arrow_csv.CSVWriter(partial, schema) as file:
        yield lambda table: file.write_table(pa.table([_column(table, field) for field in schema], schema=schema))


def one_line(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Strings with each run of line breaks and control characters turned into one space, nulls into ""."""
    return pc.replace_substring_regex(column.cast(pa.string()).fill_null(""), CONTROLS, " ")


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    if field.name not in table.column_names:
        return pa.nulls(table.num_rows, field.type)
    column = table[field.name]
    return one_line(column) if field.type == pa.string() else column.cast(field.type)
