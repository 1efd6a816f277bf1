"""Queries that users searched with success, from the event log.

A query counts the identified users who clicked or bought one of its results. That few have clicked is not enough: what
one person types may be personal, and is of no use to others.
"""

import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.contract.splits import normalise
from vitrine.events.reading import read_events

COLUMNS: Final = ("request_id", "catalogue", "user", "query", "rewrite")
LONGEST: Final = 60
"""Characters of the longest query that is suggested."""
MOST_WORDS: Final = 8
DIGITS: Final = 6
"""Digits from which a query is like a number of a person, a card or an order."""
COMPACTED: Final = 200_000
"""Rows that are gathered before those of a user who has repeated a query are joined."""
_ADDRESS: Final = re.compile(r"@|://|\bwww\.|\w\.(?:com|net|org|io|de|fr|es|uk)\b", re.IGNORECASE)
_DIGIT: Final = re.compile(r"\d")


def successful_queries(
    directory: Path, since: float, min_users: int, is_stopped: Callable[[], bool] = lambda: False
) -> pa.Table:
    """Return the queries with clicks or purchases of at least `min_users` users, and how many.

    Args:
        directory: The directory of an event log.
        since: The time from which events count, in seconds since 1970.
        min_users: The least number of identified users.
        is_stopped: Returns whether the rest of the log need not be read; the queries are then incomplete.

    Returns:
        Columns `catalogue`, `query` (normalised), `rewrite` ("" if it was searched as it was typed) and `users` int64.
        Queries that are long, or like an address or a number, are left out.

    Raises:
        DataError: The directory does not exist.
        OSError: A file cannot be read.
    """
    clicked = _clicked(directory, since, is_stopped)
    rows = _distinct(_searches(directory, since, clicked, is_stopped), ["catalogue", "query", "rewrite", "user"])
    counts = rows.group_by(["catalogue", "query"]).aggregate([("rewrite", "max"), ("user", "count_distinct")])
    counts = counts.rename_columns(["catalogue", "query", "rewrite", "users"])
    counts = counts.filter(pc.greater_equal(counts["users"], min_users))
    kept = pa.array([not may_be_personal(query) for query in counts["query"].to_pylist()], pa.bool_())
    return counts.filter(kept)


def may_be_personal(query: str) -> bool:
    """Return whether a query is like an address or a number of a person, or a text rather than a query."""
    if not any(map(str.isalpha, query)):
        return True
    if len(query) > LONGEST or len(query.split()) > MOST_WORDS:
        return True
    return bool(_ADDRESS.search(query)) or len(_DIGIT.findall(query)) >= DIGITS


def _clicked(directory: Path, since: float, is_stopped: Callable[[], bool]) -> pa.Array:
    events = takewhile(lambda _: not is_stopped(), read_events(directory, "feedback", ["request_id"], since))
    tables = [table.select(["request_id"]) for table in events]
    return pa.concat_tables(tables)["request_id"].unique() if tables else pa.array([], pa.string())


def _searches(directory: Path, since: float, clicked: pa.Array, is_stopped: Callable[[], bool]) -> Iterator[pa.Table]:
    """Yield the searches with words and clicks of identified users: catalogue, query, rewrite and user."""
    for table in takewhile(lambda _: not is_stopped(), read_events(directory, "search", COLUMNS, since)):
        wanted = pc.and_(pc.is_in(table["request_id"], clicked), pc.not_equal(pc.fill_null(table["user"], ""), ""))
        table = table.filter(pc.and_(wanted, pc.not_equal(pc.fill_null(table["query"], ""), "")))
        queries = pa.array([normalise(query) for query in table["query"].to_pylist()], pa.string())
        table = table.set_column(table.column_names.index("query"), "query", queries)
        yield table.set_column(table.column_names.index("rewrite"), "rewrite", pc.fill_null(table["rewrite"], ""))


def _distinct(tables: Iterator[pa.Table], keys: list[str]) -> pa.Table:
    """Return the distinct rows of `keys` in tables; memory is that of the distinct ones."""
    kept = pa.table({key: pa.array([], pa.string()) for key in keys})
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table.select(keys))
        if sum(map(len, waiting)) >= COMPACTED:
            kept, waiting = pa.concat_tables([kept, *waiting]).group_by(keys).aggregate([]), []
    return pa.concat_tables([kept, *waiting]).group_by(keys).aggregate([])
