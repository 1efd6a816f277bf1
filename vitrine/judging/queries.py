"""The queries to judge: people's own from a file, or those that rules derive from the catalogue."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa

from vitrine.data.adapters.catalogue_items import items
from vitrine.data.adapters.catalogue_judgements import DerivedJudgements
from vitrine.data.columns import QUERY
from vitrine.data.contract.splits import normalise, sample
from vitrine.data.formats import csv_reading
from vitrine.errors import DataError

LONGEST: Final = 500
"""Characters of a query; a longer line is no query."""


def given_queries(path: Path) -> list[str]:
    """Read the queries of a text file, one per line, or of the column `query` of a CSV file, without repeated ones.

    Raises:
        DataError: The file cannot be read, or has no query.
    """
    lines = csv_lines(path) if path.suffix.lower() == ".csv" else _text_lines(path)
    queries: dict[str, str] = {}
    for number, line in lines:
        query = " ".join(line.split())
        if len(query) > LONGEST or not query.isprintable():
            raise DataError(f"{path}:{number}: {query[:80]!r} is no query: at most {LONGEST} printable characters are")
        if query:
            queries.setdefault(normalise(query), query)
    if not queries:
        raise DataError(f"{path}: there is no query; give one per line, or a CSV file with the column {QUERY}")
    return list(queries.values())


def csv_lines(path: Path) -> Iterable[tuple[int, str]]:
    """Yield the row number and the query of each row of a CSV file."""
    for records in csv_reading.read(path, [QUERY]):
        for fault in records.faults:
            raise DataError(str(fault))
        yield from zip(records.rows.to_pylist(), records.table[QUERY].to_pylist(), strict=True)


def _text_lines(path: Path) -> Iterable[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 at byte {error.start}") from None
    return enumerate(text.splitlines(), start=1)


def generated_queries(catalogue: pa.Table, count: int, source: Path) -> list[str]:
    """Return at most `count` queries that rules derive from the catalogue, chosen by hash.

    Raises:
        DataError: The rules find no query.
    """
    queries = DerivedJudgements(list(items(catalogue))).queries(source)
    return sorted(sample(queries, count, "judge"))
