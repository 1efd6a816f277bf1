"""Strict CSV reading in bounded blocks: every value is a string, and every fault has its row."""

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
"""Bytes parsed at a time; a record must fit into them."""


@dataclass(frozen=True)
class Dialect:
    """The dialect of a CSV file; the defaults are the contract's."""

    delimiter: str = ","
    encoding: str = "utf-8"
    newlines_in_values: bool = False


CONTRACT = Dialect()


def header(path: Path, dialect: Dialect = CONTRACT) -> list[str]:
    """Return the column names of a CSV file.

    Raises:
        DataError: the file cannot be read, has no header, or has two columns of one name.

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
    """Read the named columns in bounded blocks. Empty rows are skipped.

    Rows that cannot be read (wrong number of fields, invalid UTF-8) are in the blocks' `faults`.

    Raises:
        DataError: the file cannot be read, or lacks one of the columns.

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

    # Latin-1 maps each byte to one character, so that the values that are not UTF-8 can be found.
    damaged = dialect.encoding == "utf-8" and not _is_utf8(path)
    file_names = header(path, replace(dialect, encoding="latin-1")) if damaged else names
    wanted = [file_names[names.index(column)] for column in columns]
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
    """Read the named columns of a file that fits into memory as one batch; see `read`."""
    blocks = list(read(path, columns, dialect))
    schema = pa.schema([(column, pa.string()) for column in columns])
    table = pa.concat_tables([schema.empty_table(), *(records.table for records in blocks)]).combine_chunks()
    rows = pa.chunked_array([records.rows for records in blocks], pa.int64()).combine_chunks()
    return Records(table, path, rows, [fault for records in blocks for fault in records.faults])


def _rows(first: int, count: int, malformed: list[Fault]) -> tuple[pa.Array, list[Fault]]:
    """Return the row numbers of a block of `count` records from row `first` on, and the malformed rows among them.

    The malformed rows are removed from the list; the others in it were read ahead from later blocks.
    """
    end = first + count
    skipped = []
    while malformed and malformed[0].row < end:
        skipped.append(malformed.pop(0))
        end += 1
    numbers = pa.array(np.arange(first, end))
    skipped_rows = pa.array([fault.row for fault in skipped], pa.int64())
    return numbers.filter(pc.invert(pc.is_in(numbers, value_set=skipped_rows))), skipped


def _without_empty_rows(table: pa.Table, rows: pa.Array) -> tuple[pa.Table, pa.Array]:
    filled = pc.not_equal(pc.binary_join_element_wise(*table.columns, ""), "").combine_chunks()
    return table.filter(filled), rows.filter(filled)


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
    """Decode values read as Latin-1 as UTF-8, with a fault for each value that is not UTF-8."""
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
