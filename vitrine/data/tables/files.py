"""Tables in any file that a shop exports: CSV in all its dialects, Parquet, and feeds in XML."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from vitrine.data.formats import csv_reading, parquet_reading, xml_feed
from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.formats.plain_csv import file_encoding, is_utf8, open_bytes, open_text, reading
from vitrine.data.formats.records import Records
from vitrine.errors import DataError

DELIMITERS: Final = (",", ";", "\t", "|")
TABS: Final = frozenset({".tsv", ".tab"})
WORKBOOKS: Final = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
SIGNATURES: Final = {b"PK\x03\x04": "a workbook or another archive", b"\xd0\xcf\x11\xe0": "an Excel workbook"}
HEADER_CHARACTERS: Final = 1 << 16


def column_names(path: Path, dialect: Dialect) -> list[str]:
    """Return the names of a table's columns, "" for columns without one.

    Raises:
        DataError: the file is not there, is a workbook, or cannot be read.
    """
    _check_kind(path)
    if path.suffix == ".parquet":
        return parquet_reading.column_names(path)
    return xml_feed.header(path) if is_xml(path) else csv_reading.header(path, dialect)


def read_table(path: Path, columns: Sequence[str], dialect: Dialect) -> Iterator[Records]:
    """Read the named columns of a table in bounded blocks; see the modules of `vitrine.data.formats`."""
    if path.suffix == ".parquet":
        return parquet_reading.read(path, columns)
    return xml_feed.read(path, columns) if is_xml(path) else csv_reading.read(path, columns, dialect)


def file_dialect(path: Path, dialect: Dialect, notes: list[str]) -> Dialect:
    """Return the dialect of a file, with the delimiter that its first line has most, unless one is given.

    Its encoding is that of `text_encoding`.
    """
    if path.suffix == ".parquet" or is_xml(path) or not path.is_file():
        return replace(dialect, delimiter=dialect.delimiter or ",")
    encoding = text_encoding(path, dialect.encoding, notes)
    if not dialect.delimiter:
        line = re.sub(r'"[^"]*"', "", first_line(path, encoding))
        tabs = "\t" in line and TABS.intersection(path.suffixes)
        dialect = replace(dialect, delimiter="\t" if tabs else max(DELIMITERS, key=line.count))
        if dialect.delimiter != ",":
            notes.append(f"{path.name}: read with the delimiter {dialect.delimiter!r}")
    return replace(dialect, encoding=encoding)


def text_encoding(path: Path, given: str, notes: list[str]) -> str:
    """Return the encoding of a file: that of its byte order mark, or the one given.

    A file that is UTF-8 is read so, whatever the encoding of the user's other file; a note says so.

    Raises:
        DataError: the file cannot be read.
    """
    encoding = file_encoding(path, given)
    if encoding not in ("utf-8", given):
        notes.append(f"{path.name}: read as {encoding}, by its byte order mark")
    elif encoding != "utf-8" and is_utf8(path, beyond_ascii=True):
        notes.append(f"{path.name}: read as utf-8, which it is, and not {encoding}")
        encoding = "utf-8"
    return encoding


def first_line(path: Path, encoding: str) -> str:
    """Return the first line of a file, or "" if it cannot be read."""
    try:
        with reading(path), open_text(path, encoding) as text:
            return text.readline(HEADER_CHARACTERS)
    except DataError:  # reported by the reader
        return ""


def is_xml(path: Path) -> bool:
    """Return whether a file is XML by its name."""
    return path.name.removesuffix(".gz").endswith(".xml")


def _check_kind(path: Path) -> None:
    with reading(path):
        try:
            with open_bytes(path) as file:
                start = file.read(8)
        except FileNotFoundError as error:
            raise DataError(_absent(path)) from error
    kind = next((kind for signature, kind in SIGNATURES.items() if start.startswith(signature)), "")
    if kind or path.suffix.lower() in WORKBOOKS:
        raise DataError(f"{path}: is {kind or 'a workbook'}, which is not read; save its sheet as CSV UTF-8")


def _absent(path: Path) -> str:
    found = sorted(other.name for other in path.parent.iterdir() if other.is_file()) if path.parent.is_dir() else []
    option = "--judgements-file" if "judgements" in path.name else "--catalogue-file"
    has = (
        f"the folder has {', '.join(found[:10])}; name the file with {option} NAME" if found else "the folder is empty"
    )
    return f"{path}: No such file or directory; {has}"
