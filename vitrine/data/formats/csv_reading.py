"""Strict CSV reading in bounded blocks: every value is a string, and every fault has its row."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from vitrine.data.formats.dialect import CONTRACT, Dialect, Escape, Quoting, first_row, header, quote_faults
from vitrine.data.formats.padded_rows import padded_row, with_padded_rows, without_empty_rows
from vitrine.data.formats.plain_csv import REPLACEMENT, file_encoding, is_utf8, plain_csv
from vitrine.data.formats.records import SHOWN, Fault, Records, joined
from vitrine.errors import DataError

__all__ = ["BLOCK_BYTES", "CONTRACT", "Dialect", "Escape", "Quoting", "header", "read", "read_whole"]

BLOCK_BYTES = 8 << 20
"""Bytes parsed at a time, by the pipeline's reader, too. A record must fit into them."""


def read(path: Path, columns: Sequence[str], dialect: Dialect = CONTRACT) -> Iterator[Records]:
    """Read the named columns in bounded blocks. Empty rows are skipped.

    Rows that cannot be read (wrong number of fields, quotes that hide rows, values that are not in the file's encoding)
    are in the blocks' `faults`. A file that is compressed, or in another encoding, is first copied to a temporary one.

    Raises:
        DataError: the file cannot be read, or lacks one of the columns.

    """
    names = header(path, dialect)
    for column in columns:
        if column not in names:
            raise DataError(f"{path}:1: column {column!r} is missing; the file has {', '.join(map(repr, names))}")
    encoding = file_encoding(path, dialect.encoding)
    quoted = dialect.quoting == "double"
    with plain_csv(path, encoding, dialect.delimiter, dialect.escape, quoted) as plain:
        damaged = encoding == "utf-8" and not is_utf8(plain)
        hidden = quote_faults(path, plain, dialect, len(names))
        if hidden and hidden[0].row == 1:
            raise DataError(str(hidden[0]))
        if not quoted and dialect.escape == "backslash":  # the copy has quotes
            dialect = replace(dialect, quoting="double")
        for records in _read_plain(path, plain, names, columns, dialect, damaged, hidden):
            if damaged:
                yield _decoded(records, dialect)
            else:
                yield records if plain == path else _without_replacements(records, encoding)


def _read_plain(
    path: Path,
    plain: Path,
    names: list[str],
    columns: Sequence[str],
    dialect: Dialect,
    damaged: bool,
    hidden: list[Fault],
) -> Iterator[Records]:
    """Read a file in UTF-8, or one that is `damaged` as Latin-1, which maps each byte to one character."""
    malformed: deque[Fault] = deque()
    padded: dict[int, list[str]] = {}

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        reason = f"{row.actual_columns} fields where the header has {row.expected_columns}: {row.text[:SHOWN]!r}"
        malformed.append(Fault(path, row.number, "", row.text, reason))
        if values := padded_row(row.text, row.actual_columns, names, dialect):
            padded[row.number] = values
        return "skip"

    # Latin-1 finds the values that are not UTF-8.
    file_names = first_row(plain, replace(dialect, encoding="latin-1")) if damaged else names
    wanted = [file_names[names.index(column)] for column in columns]
    # Threads would lose the row numbers of malformed rows.
    reading = arrow_csv.ReadOptions(
        use_threads=False, block_size=BLOCK_BYTES, encoding="latin-1" if damaged else "utf-8"
    )
    parsing = arrow_csv.ParseOptions(
        delimiter=dialect.delimiter,
        quote_char='"' if dialect.quoting == "double" else False,
        newlines_in_values=dialect.newlines_in_values and dialect.quoting == "double",
        ignore_empty_lines=False,  # they count as rows
        invalid_row_handler=set_aside,
    )
    converting = arrow_csv.ConvertOptions(column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted)
    first = 2
    try:
        with arrow_csv.open_csv(plain, reading, parsing, converting) as batches:
            for batch in batches:
                rows, faults = _rows(first, batch.num_rows, malformed)
                first += batch.num_rows + len(faults)
                table, rows = without_empty_rows(pa.Table.from_batches([batch]).rename_columns(list(columns)), rows)
                records = with_padded_rows(Records(table, path, rows, faults), names, columns, padded)
                yield _without_hidden(records, first, hidden)
    except pa.ArrowException as error:
        if hidden:
            raise DataError(str(hidden[0])) from error
        if "Empty CSV file" not in str(error):  # a header and nothing else
            if "straddling" in str(error):
                raise DataError(f"{path}: a row after row {first - 1} is longer than {BLOCK_BYTES >> 20} MB") from error
            raise DataError(f"{path}: not readable as CSV: {str(error).splitlines()[0]}") from error
    except OSError as error:
        raise DataError(f"{path}: {error}") from error
    if malformed or hidden:
        nothing = pa.table({column: pa.array([], pa.string()) for column in columns})
        rest = with_padded_rows(
            Records(nothing, path, pa.array([], pa.int64()), list(malformed)), names, columns, padded
        )
        yield _without_hidden(rest, max(fault.row for fault in [*malformed, *hidden]) + 1, hidden)


def _without_hidden(records: Records, end: int, hidden: list[Fault]) -> Records:
    """Remove the rows before row `end` that quotes join wrongly, which are removed from `hidden`, too."""
    faults = []
    while hidden and hidden[0].row < end:
        faults.append(hidden.pop(0))
    if not faults:
        return records
    rows = {fault.row for fault in faults}
    others = [fault for fault in records.faults if fault.row not in rows]
    return replace(records.without(faults), faults=sorted([*others, *faults], key=lambda fault: fault.row))


def read_whole(path: Path, columns: Sequence[str], dialect: Dialect = CONTRACT) -> Records:
    """Read the named columns of a file that fits into memory as one batch; see `read`."""
    nothing = pa.schema([(column, pa.string()) for column in columns]).empty_table()
    whole = joined([Records(nothing, path, pa.array([], pa.int64())), *read(path, columns, dialect)])
    return replace(whole, table=whole.table.combine_chunks())


def _rows(first: int, count: int, malformed: deque[Fault]) -> tuple[pa.Array, list[Fault]]:
    """Return the row numbers of a block of `count` records from row `first` on, and the malformed rows among them.

    The malformed rows are removed from the list; the others in it were read ahead from later blocks.
    """
    end = first + count
    skipped = []
    while malformed and malformed[0].row < end:
        skipped.append(malformed.popleft())
        end += 1
    numbers = pa.array(np.arange(first, end))
    skipped_rows = pa.array([fault.row for fault in skipped], pa.int64())
    return numbers.filter(pc.invert(pc.is_in(numbers, value_set=skipped_rows))), skipped


def _decoded(records: Records, dialect: Dialect) -> Records:
    """Decode values read as Latin-1 as UTF-8, with a fault for each value that is not UTF-8."""
    faults = []
    columns: dict[str, list[str]] = {}
    hint = "; files of Windows are read with --encoding cp1252" if dialect.options else ""
    for column in records.table.column_names:
        columns[column] = values = []
        for row, characters in zip(records.rows.to_pylist(), records.table[column].to_pylist(), strict=True):
            value = characters.encode("latin-1")
            try:
                values.append(value.decode())
            except UnicodeDecodeError as error:
                values.append(value.decode(errors="replace"))
                reason = f"is not UTF-8 at byte {error.start}{hint}"
                faults.append(Fault(records.path, row, column, values[-1], reason))
    table = pa.table(columns, schema=records.table.schema)
    return replace(records, table=table, faults=[*records.faults, *faults]).without(faults)


def _without_replacements(records: Records, encoding: str) -> Records:
    """Remove records with values that are not in the file's encoding, with a fault for each value."""
    faults = [
        fault
        for column in records.table.column_names
        for fault in records.where(
            pc.match_substring(records.table[column], REPLACEMENT), column, f"is not in the encoding {encoding}"
        )
    ]
    return replace(records, faults=[*records.faults, *faults]).without(faults)
