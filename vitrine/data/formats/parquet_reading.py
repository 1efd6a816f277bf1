"""Strict Parquet reading in bounded batches: every value is a string, and every row has its number."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from vitrine.data.formats.records import Records
from vitrine.errors import DataError

BATCH: Final = 32_768
"""Rows decoded at a time; about 60 MB of ESCI's products."""
BUFFER: Final = 1 << 20
"""Bytes read from a column at a time; by default, Arrow holds a whole row group, which may be the whole file."""


def read(path: Path, columns: Sequence[str]) -> Iterator[Records]:
    """Read the named columns, nulls as "", numbers in decimal. Rows count from 1, as the file has no header row.

    Raises:
        DataError: the file cannot be read, lacks one of `columns`, or one is neither text nor numbers.
    """
    with _one_line_errors(path):
        for batch, rows in batches(path, columns):
            yield Records(pa.table({name: strings(path, batch, name) for name in columns}), path, rows)


def batches(path: Path, columns: Sequence[str], size: int = BATCH) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """Yield the named columns unchanged, at most `size` rows at a time, with the rows' numbers, int64 [N].

    Raises:
        DataError: the file cannot be read, or lacks one of `columns`.
    """
    with _one_line_errors(path), path.open("rb") as stored, parquet.ParquetFile(stored, buffer_size=BUFFER) as file:
        for column in columns:
            if column not in file.schema_arrow.names:
                has = ", ".join(map(repr, file.schema_arrow.names))
                raise DataError(f"{path}: column {column!r} is missing; the file has {has}")
        first = 1
        for batch in file.iter_batches(size, columns=list(columns), use_threads=False):
            yield batch, pa.array(range(first, first + batch.num_rows), pa.int64())
            first += batch.num_rows


@contextmanager
def _one_line_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        raise DataError(f"{path}: not readable as Parquet: {str(error).splitlines()[0]}") from error
    except UnicodeDecodeError as error:  # names in the file's schema
        raise DataError(f"{path}: not readable as Parquet: a column's name is not UTF-8") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or str(error).splitlines()[0]}") from error


def strings(path: Path, batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return a column of text or numbers as strings [N], nulls as "".

    Raises:
        DataError: the column has another type, or is not UTF-8.
    """
    column = batch.column(batch.schema.names.index(name))
    try:
        column = column.cast(pa.string())
        column.validate(full=True)  # Parquet does not enforce that strings are UTF-8
    except pa.ArrowNotImplementedError as error:
        raise DataError(f"{path}: column {name!r} is {column.type}; expected text or numbers") from error
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: column {name!r} is not UTF-8: {str(error).splitlines()[0]}") from error
    return pc.fill_null(column, "")
