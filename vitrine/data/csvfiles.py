"""Strict CSV reading in blocks of bounded memory: every value a string, every fault named by its row."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from vitrine.data.records import Fault, Records
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
        with path.open(encoding=encoding, newline="") as lines:
            names = next(csv.reader(lines, delimiter=dialect.delimiter), [])
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
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
    malformed: list[tuple[int, int, str]] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        malformed.append((row.number, row.actual_columns, row.text))
        return "skip"

    try:
        with arrow_csv.open_csv(
            path,
            # Threads would lose the row numbers of malformed rows.
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, encoding=_codec(dialect)),
            parse_options=arrow_csv.ParseOptions(
                delimiter=dialect.delimiter,
                newlines_in_values=dialect.newlines_in_values,
                ignore_empty_lines=False,  # they count as rows
                invalid_row_handler=set_aside,
            ),
            # Bytes first: a value that is not UTF-8 must not end the whole read.
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.binary()), include_columns=list(columns)
            ),
        ) as batches:
            following = 2
            for batch in batches:
                skipped = [number for number, _, _ in malformed]
                rows = _numbers(following, batch.num_rows, skipped)
                faults = [_malformed(path, len(names), *row) for row in malformed]
                following += batch.num_rows + len(malformed)
                malformed.clear()
                yield _records(path, pa.Table.from_batches([batch]), rows, faults)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        if "Empty CSV file" not in str(error):  # a header and nothing else
            raise DataError(f"{path}: not readable as CSV: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise DataError(f"{path}: {error}") from error
    if malformed:
        yield _records(
            path, _nothing(columns), pa.array([], pa.int64()), [_malformed(path, len(names), *row) for row in malformed]
        )


def _codec(dialect: Dialect) -> str:
    return "utf8" if dialect.encoding == "utf-8" else dialect.encoding


def _nothing(columns: Sequence[str]) -> pa.Table:
    return pa.table({column: pa.array([], pa.binary()) for column in columns})


def _numbers(first: int, count: int, skipped: Sequence[int]) -> pa.Array:
    """Row numbers of `count` records that follow on from row `first`, leaving out the skipped rows."""
    last = first + count + len(skipped)
    numbers = pa.array(range(first, last), pa.int64())
    return numbers.filter(pc.invert(pc.is_in(numbers, value_set=pa.array(skipped, pa.int64()))))


def _malformed(path: Path, expected: int, row: int, actual: int, text: str) -> Fault:
    return Fault(path, row, "", text, f"{actual} fields where the header has {expected}: {text[:80]!r}")


def _records(path: Path, table: pa.Table, rows: pa.Array, faults: list[Fault]) -> Records:
    """Drop wholly empty rows, and set aside those that are not UTF-8."""
    empty = pa.array([True] * len(rows), pa.bool_())
    for column in table.column_names:
        empty = pc.and_(empty, pc.equal(pc.binary_length(table[column]), 0))
    table, rows = table.filter(pc.invert(empty)), rows.filter(pc.invert(_flat(empty)))
    try:
        return Records(table.cast(_strings(table)), path, rows, faults)
    except pa.ArrowInvalid:
        unreadable = [
            fault for column in table.column_names for fault in _undecodable(path, column, table[column], rows)
        ]
        good = Records(table, path, rows, [*faults, *unreadable]).without(unreadable)
        return Records(good.table.cast(_strings(table)), path, good.rows, good.faults)


def _undecodable(path: Path, column: str, values: pa.ChunkedArray, rows: pa.Array) -> Iterator[Fault]:
    for row, value in zip(rows.to_pylist(), values.to_pylist(), strict=True):
        try:
            value.decode()
        except UnicodeDecodeError as error:
            reason = f"is not UTF-8 at byte {error.start}"
            yield Fault(path, row, column, value.decode(errors="replace"), reason)


def _strings(table: pa.Table) -> pa.Schema:
    return pa.schema([(column, pa.string()) for column in table.column_names])


def _flat(mask: pa.Array | pa.ChunkedArray) -> pa.Array:
    return mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask
