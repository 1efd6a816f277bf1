"""The dialect of a CSV file, and the names of its columns."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from vitrine.data.formats.plain_csv import file_encoding, open_text, reading, unescaped_rows
from vitrine.data.formats.quoting import AFTER, ESCAPED, OPEN, ROWS, find_quote_faults
from vitrine.data.formats.records import Fault
from vitrine.errors import DataError

Quoting = Literal["double", "none"]
Escape = Literal["double", "backslash"]

REMEDIES: Final = {
    AFTER: "double the quotes in quoted values",
    ESCAPED: "double the quotes in quoted values",
    OPEN: "add it, or double the quotes in quoted values",
    ROWS: "remove the quote that opens it, or close it on its line",
}
OPTIONS: Final = {
    AFTER: "--quoting none reads quotes as text",
    ESCAPED: "--escape backslash reads them",
    OPEN: "--quoting none reads quotes as text",
    ROWS: "--quoting none reads quotes as text",
}


@dataclass(frozen=True)
class Dialect:
    """The dialect of a CSV file; the defaults are the contract's.

    Attributes:
        quoting: "double" quotes surround values, or "none" do: they are text, and each line is a row.
        escape: a quote in a quoted value is a "double" one, or has a "backslash" before it.
        options: whether the user can set the dialect, so that messages name the options.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    newlines_in_values: bool = False
    quoting: Quoting = "double"
    escape: Escape = "double"
    options: bool = False


CONTRACT = Dialect()


def header(path: Path, dialect: Dialect = CONTRACT) -> list[str]:
    """Return the column names of a CSV file; columns without a name are "".

    Raises:
        DataError: the file cannot be read, has no header, or has two columns of one name.

    """
    names = first_row(path, dialect)
    if any("\0" in name for name in names):
        option = "; --encoding utf-16-le or utf-16-be reads it" if dialect.options else ""
        raise DataError(f"{path}:1: the header has NUL characters, as files in UTF-16 have{option}")
    if not any(names):
        raise DataError(f"{path}:1: the first row must name the columns; it is empty")
    for name in names:
        if name and names.count(name) > 1:
            raise DataError(f"{path}:1: column {name!r} is named twice")
    return names


def first_row(path: Path, dialect: Dialect) -> list[str]:
    try:
        with reading(path), open_text(path, file_encoding(path, dialect.encoding)) as lines:
            if dialect.escape == "backslash":
                return next(unescaped_rows(lines, dialect.delimiter, dialect.quoting == "double"), [])
            if dialect.quoting == "none":
                return next(csv.reader(lines, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE), [])
            return next(csv.reader(lines, delimiter=dialect.delimiter), [])
    except csv.Error as error:
        raise DataError(f"{path}:1: the header cannot be read: {error}") from error


def quote_faults(path: Path, plain: Path, dialect: Dialect, columns: int) -> list[Fault]:
    """Return the faults of the rows of `path` that quotes join wrongly; its copy `plain` is read."""
    if dialect.quoting == "none":
        return []
    faults = []
    for row, first, last, problem in find_quote_faults(plain, dialect.delimiter, columns):
        lines = f"line {first}" if first == last else f"lines {first} to {last}"
        remedy = f"{REMEDIES[problem]}, or {OPTIONS[problem]}" if dialect.options else REMEDIES[problem]
        faults.append(Fault(path, row, "", "", f"{problem} ({lines} of the file); {remedy}"))
    return faults
