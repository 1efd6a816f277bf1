"""Strict CSV reading in blocks of bounded memory: every value a string, every fault named by its row."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from vitrine.data.formats.records import SHOWN, Fault, Records
from vitrine.errors import DataError

BLOCK_BYTES = 8 << 20
"""Bytes parsed at a time. A single record must fit."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written; the defaults are the contract's."""

    delimiter: str = ","
    encoding: str = "utf-8"
    newlines_in_values: bool = False


CONTRACT = Dialect()


def header(path: Path, dialect: Dialect = CONTRACT) -> list[str]:
    """The column names of a CSV file.

    Raises:
        DataError: the file cannot be read, has no header or names a column twice.

    """
    # A byte order mark is not part of the first column's name.
    encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as lines:
            names = next(csv.reader(lines, delimiter=dialect.delimiter), [])
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except csv.Error as error:
        raise DataError(f"{path}:1: the header cannot be read: {error}") from error
    if not any(names):
        raise DataError(f"{path}:1: the first row must name the columns; it is empty")
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{path}:1: column {name!r} is named twice")
    return names


def read(path: Path, columns: Sequence[str], dialect: Dialect = CONTRACT) -> Iterator[Records]:
    """Read the named columns in blocks of bounded memory. Rows that are wholly empty are passed over.

    Rows that cannot be read (wrong number of fields, invalid UTF-8) are in the blocks' `faults`.

    Raises:
        DataError: the file cannot be read at all, or lacks one of the columns.

    """
    names = header(path, dialect)
    for column in columns:
        if column not in names:
            raise DataError(f"{path}:1: column {column!r} is missing; the file has {', '.join(map(repr, names))}")
    malformed: list[Fault] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        reason = f"{row.actual_columns} fields where the header has {row.expected_columns}: {row.text[:SHOWN]!r}"
        malformed.append(Fault(path, row.number, "", row.text, reason))
        return "skip"

    # Latin-1 maps each byte to one character, so rows that are not UTF-8 can be told apart from the others.
    damaged = dialect.encoding == "utf-8" and not _is_utf8(path)
    own_names = header(path, replace(dialect, encoding="latin-1")) if damaged else names
    wanted = [own_names[names.index(column)] for column in columns]
    # Threads would lose the row numbers of malformed rows.
    reading = arrow_csv.ReadOptions(
        use_threads=False, block_size=BLOCK_BYTES, encoding="latin-1" if damaged else dialect.encoding
    )
    parsing = arrow_csv.ParseOptions(
        delimiter=dialect.delimiter,
        newlines_in_values=dialect.newlines_in_values,
        ignore_empty_lines=False,  # they count as rows
        invalid_row_handler=set_aside,
    )
    converting = arrow_csv.ConvertOptions(column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted)
    first = 2
    try:
        with arrow_csv.open_csv(path, reading, parsing, converting) as batches:
            for batch in batches:
                rows, faults = _rows(first, batch.num_rows, malformed)
                first += batch.num_rows + len(faults)
                table, rows = _without_empty_rows(pa.Table.from_batches([batch]).rename_columns(list(columns)), rows)
                records = Records(table, path, rows, faults)
                yield _decoded(records) if damaged else records
    except pa.ArrowException as error:
        if "Empty CSV file" not in str(error):  # a header and nothing else
            raise DataError(f"{path}: not readable as CSV: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise DataError(f"{path}: {error}") from error
    if malformed:
        nothing = pa.table({column: pa.array([], pa.string()) for column in columns})
        yield Records(nothing, path, pa.array([], pa.int64()), malformed)


def read_whole(path: Path, columns: Sequence[str], dialect: Dialect = CONTRACT) -> Records:
    """Read the named columns of a file that fits memory as one batch; see `read`."""
    blocks = list(read(path, columns, dialect))
    schema = pa.schema([(column, pa.string()) for column in columns])
    table = pa.concat_tables([schema.empty_table(), *(records.table for records in blocks)]).combine_chunks()
    rows = pa.chunked_array([records.rows for records in blocks], pa.int64()).combine_chunks()
    return Records(table, path, rows, [fault for records in blocks for fault in records.faults])


def _rows(first: int, count: int, malformed: list[Fault]) -> tuple[pa.Array, list[Fault]]:
    """Row numbers of a block of `count` records from row `first` on, and the malformed rows among them.

    Those leave the list; what stays in it was read ahead from later blocks.
    """
    end = first + count
    own = []
    while malformed and malformed[0].row < end:
        own.append(malformed.pop(0))
        end += 1
    numbers = pa.array(np.arange(first, end))
    skipped = pa.array([fault.row for fault in own], pa.int64())
    return numbers.filter(pc.invert(pc.is_in(numbers, value_set=skipped))), own


def _without_empty_rows(table: pa.Table, rows: pa.Array) -> tuple[pa.Table, pa.Array]:
    some = pc.not_equal(pc.binary_join_element_wise(*table.columns, ""), "").combine_chunks()
    return table.filter(some), rows.filter(some)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(records: Records) -> Records:
    """Turn values read as Latin-1 back into their bytes and decode these, with a fault for each that is not UTF-8."""
    faults = []
    columns: dict[str, list[str]] = {}
    for column in records.table.column_names:
        columns[column] = values = []
        for row, characters in zip(records.rows.to_pylist(), records.table[column].to_pylist(), strict=True):
            value = characters.encode("latin-1")
            try:
                values.append(value.decode())
            except UnicodeDecodeError as error:
                values.append(value.decode(errors="replace"))
                faults.append(Fault(records.path, row, column, values[-1], f"is not UTF-8 at byte {error.start}"))
    table = pa.table(columns, schema=records.table.schema)
    return replace(records, table=table, faults=[*records.faults, *faults]).without(faults)
