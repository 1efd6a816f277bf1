"""Strict Parquet reading in bounded batches: every value is a string, and every row has its number.

Files are memory-mapped, since Arrow 18 has no other bounded way to read a row group, which may be the whole file. A
stream (`buffer_size`) fails or corrupts memory at some page sizes (apache/arrow GH-48311), a plain file is read by
whole column chunks, and a scan of a data set holds several row groups. A mapped file must not shrink while it is read.
"""

import io
import mmap
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
"""Maximal number of rows decoded at a time; about 30 MB of ESCI's products."""
BATCH_BYTES: Final = 64 << 20
"""Approximate maximum of bytes decoded at a time. Long rows come in smaller batches."""

RENAMED_KEY: Final = (b"ARROW:schema", b"arrow_schema")
"""The footer's key of the schema that the writer had in memory, and a key of equal length that Arrow ignores."""


def read(path: Path, columns: Sequence[str]) -> Iterator[Records]:
    """Read the named columns, nulls as "", numbers in decimal. Rows count from 1, as the file has no header row.

    Raises:
        DataError: the file cannot be read, lacks one of `columns`, or one is neither text nor numbers.
    """
    with _one_line_errors(path):
        for batch, rows in batches(path, columns):
            yield Records(pa.table({name: strings(path, batch, name) for name in columns}), path, rows)


def column_names(path: Path) -> list[str]:
    """Return the names of the file's columns.

    Raises:
        DataError: the file cannot be read.
    """
    with _one_line_errors(path):
        names: list[str] = parquet.read_schema(path).names
    return names


def batches(path: Path, columns: Sequence[str], size: int = BATCH) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """Yield the named columns unchanged, at most `size` rows at a time, with the rows' numbers, int64 [N].

    Raises:
        DataError: the file cannot be read, or lacks one of `columns`.
    """
    with _one_line_errors(path):
        pages = _mapped(path)
        file = parquet.ParquetFile(pa.BufferReader(pages), metadata=_without_arrow_schema(pages))
        for column in columns:
            if column not in file.schema_arrow.names:
                has = ", ".join(map(repr, file.schema_arrow.names))
                raise DataError(f"{path}: column {column!r} is missing; the file has {has}")
        rows = min(size, max(1, BATCH_BYTES // _longest_row(file.metadata, columns)))
        first = 1
        for batch in file.iter_batches(rows, columns=list(columns), use_threads=False):
            yield batch, pa.array(range(first, first + batch.num_rows), pa.int64())
            first += batch.num_rows
            pages.madvise(mmap.MADV_DONTNEED)  # else the process keeps all that it has read


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as stored:
        if not path.stat().st_size:  # which mmap refuses
            raise pa.ArrowInvalid("the file is empty")
        return mmap.mmap(stored.fileno(), 0, access=mmap.ACCESS_READ)


def _without_arrow_schema(pages: mmap.mmap) -> parquet.FileMetaData:
    """Read the footer without the types of the writer's memory, so that columns have the types of Parquet.

    Arrow 18 reads text as categories or views because the writer had them, and no nulls of lists of a fixed size.
    """
    footer = io.BytesIO()
    parquet.read_metadata(pa.BufferReader(pages)).write_metadata_file(footer)
    return parquet.read_metadata(io.BytesIO(footer.getvalue().replace(*RENAMED_KEY)))


def _longest_row(metadata: parquet.FileMetaData, columns: Sequence[str]) -> int:
    """Return the mean bytes, at least 1, of a row of `columns` in the row group with the longest rows."""
    names = [metadata.schema.column(leaf).path.split(".")[0] for leaf in range(metadata.num_columns)]
    leaves = [leaf for leaf, name in enumerate(names) if name in columns]
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    sizes = [sum(group.column(leaf).total_uncompressed_size for leaf in leaves) for group in groups]
    return max((size // max(group.num_rows, 1) for size, group in zip(sizes, groups, strict=True)), default=1) or 1


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
