"""Strict Parquet reading in batches of bounded memory: every value a string, every row with its number."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from vitrine.data.records import Records
from vitrine.errors import DataError

BATCH: Final = 32_768
"""Rows decoded at a time: of ESCI's products, some 60 MB."""


def read(path: Path, columns: Sequence[str]) -> Iterator[Records]:
    """Read the named columns, nulls as "", numbers in decimal. Rows count from 1; a Parquet file has no header.

    Raises:
        DataError: the file cannot be read, lacks one of `columns`, or has one of another kind than text or numbers.
    """
    try:
        with path.open("rb") as stored, parquet.ParquetFile(stored) as file:
            for column in columns:
                if column not in file.schema_arrow.names:
                    has = ", ".join(map(repr, file.schema_arrow.names))
                    raise DataError(f"{path}: column {column!r} is missing; the file has {has}")
            first = 1
            for batch in file.iter_batches(BATCH, columns=list(columns), use_threads=False):
                table = pa.table({name: _strings(path, batch, name) for name in columns})
                yield Records(table, path, pa.array(range(first, first + batch.num_rows), pa.int64()))
                first += batch.num_rows
    except pa.ArrowException as error:
        raise DataError(f"{path}: not readable as Parquet: {str(error).splitlines()[0]}") from error
    except UnicodeDecodeError as error:  # names in the file's schema
        raise DataError(f"{path}: not readable as Parquet: a column's name is not UTF-8") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or str(error).splitlines()[0]}") from error


def _strings(path: Path, batch: pa.RecordBatch, name: str) -> pa.Array:
    column = batch.column(batch.schema.names.index(name))
    try:
        column = column.cast(pa.string())
        column.validate(full=True)  # the format's "string" is a promise that nobody keeps for the writer
    except pa.ArrowNotImplementedError as error:
        raise DataError(f"{path}: column {name!r} is {column.type}; expected text or numbers") from error
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: column {name!r} is not UTF-8: {str(error).splitlines()[0]}") from error
    return pc.fill_null(column, "")
