"""Relevance judgements in TREC's form: `query 0 document grade` without a header, and a file of the queries' texts."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa

from vitrine.data.columns import ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.derived_columns import string_table
from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.formats.plain_csv import REPLACEMENT, file_encoding, open_text, reading
from vitrine.data.formats.records import Fault, Records
from vitrine.data.tables.files import first_line, is_xml, text_encoding
from vitrine.errors import DataError

LINE: Final = re.compile(r"\S+\s+\S+\s+\S+\s+-?\d+(\.\d+)?\s*")
BLOCK: Final = 100_000


def is_qrels(path: Path, dialect: Dialect) -> bool:
    """Return whether the first line of a file is a judgement in TREC's form."""
    if not path.is_file() or path.suffix == ".parquet" or is_xml(path):
        return False
    return bool(LINE.fullmatch(first_line(path, file_encoding(path, dialect.encoding))))


def read_qrels(path: Path, queries: Path | None, dialect: Dialect, notes: list[str]) -> Iterator[Records]:
    """Read judgements in blocks, with the grade in `esci_label`.

    Args:
        path: the file of judgements, with white space between its columns.
        queries: the file of the queries: id, a tab and the text.
        dialect: the encoding of both, unless a file shows its own.
        notes: sentences for the user, added to.

    Raises:
        DataError: there is no file of queries, it has a malformed line, or a file cannot be read.
    """
    if queries is None:
        raise DataError(
            f"{path}: TREC's judgements have no texts of queries; give their file (id, tab, text) with --queries-file"
        )
    texts = _read_queries(queries, dialect, notes)
    first = 1
    encoding = text_encoding(path, dialect.encoding, notes)
    undecoded = _undecoded(encoding, dialect)
    with reading(path), open_text(path, encoding) as text:
        while lines := list(islice(text, BLOCK)):
            yield _block(path, first, lines, texts, queries, undecoded)
            first += len(lines)


def _undecoded(encoding: str, dialect: Dialect) -> str:
    hint = "; files of Windows are read with --encoding cp1252" if dialect.options and encoding == "utf-8" else ""
    return f"is not in the encoding {encoding}{hint}"


def _read_queries(path: Path, dialect: Dialect, notes: list[str]) -> dict[str, str]:
    queries: dict[str, str] = {}
    encoding = text_encoding(path, dialect.encoding, notes)
    with reading(path), open_text(path, encoding) as text:
        for row, line in enumerate(text, start=1):
            if REPLACEMENT in line:
                raise DataError(f"{path}:{row}: {line.strip()[:80]!r} {_undecoded(encoding, dialect)}")
            name, _, query = line.strip().partition("\t")
            if name and not query.strip():
                raise DataError(f"{path}:{row}: has no text after a tab: {line.strip()[:80]!r}")
            if queries.setdefault(name, query.strip()) != query.strip():
                raise DataError(f"{path}:{row}: query {name!r} is already taken by {queries[name]!r}")
    return queries


def _block(path: Path, first: int, lines: list[str], texts: dict[str, str], queries: Path, undecoded: str) -> Records:
    faults, rows = [], []
    columns: dict[str, list[str]] = {name: [] for name in (QUERY_ID, QUERY, PRODUCT_ID, ESCI_LABEL)}
    for row, line in enumerate(lines, start=first):
        if not line.strip():
            continue
        fields = line.split()
        if REPLACEMENT in line:
            faults.append(Fault(path, row, "", line, f"{line.strip()[:80]!r} {undecoded}"))
        elif len(fields) != 4:
            faults.append(Fault(path, row, "", line, f"{len(fields)} fields instead of 4: {line.strip()[:80]!r}"))
        elif fields[0] not in texts:
            faults.append(Fault(path, row, QUERY_ID, fields[0], f"is not in {queries.name}"))
        else:
            rows.append(row)
            for name, value in zip(columns, (fields[0], texts[fields[0]], *fields[2:]), strict=True):
                columns[name].append(value)
    table = string_table(
        {name: pa.array(values, pa.string()) for name, values in columns.items()}, JUDGEMENTS, len(rows)
    )
    return Records(table, path, pa.array(rows, pa.int64()), faults)
