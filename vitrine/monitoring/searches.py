"""The searches of a window of the event log, a block at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vitrine.data.contract.splits import normalise
from vitrine.events.reading import Skipped, read_events
from vitrine.monitoring.hash_filter import HashFilter, hashed
from vitrine.monitoring.window import Window

TEXT: Final = ("request_id", "user", "catalogue", "kind", "query", "rewrite", "route", "arm")
COLUMNS: Final = (
    *TEXT, "time", "version", "latency_ms", "cached", "total", "junk", "offset", "filtered", "product_ids",
)  # fmt: skip
LATE: Final = 3600.0
"""Seconds after a window in which feedback on its searches still counts."""


@dataclass(frozen=True)
class SearchBlock:
    """Some searches.

    Attributes:
        frame: One row for each search: columns of the event, and `unit` (a hash of the user, or of the request without
            a user), `request` (a hash of its id), `text` (the normalised query), `no_result`, `rewritten`, `clicked`.
        product_ids: The products that each search has shown, list of strings.
    """

    frame: pd.DataFrame
    product_ids: pa.ChunkedArray


def clicked_requests(directory: Path, window: Window) -> HashFilter:
    """Return the requests with clicks or purchases.

    Raises:
        DataError: The directory does not exist.
    """
    clicked = HashFilter()
    for table in read_events(directory, "feedback", ["request_id"], window.since, window.until + LATE):
        clicked.add(hashed(table["request_id"].to_pandas()))
    return clicked


def read_searches(
    directory: Path, window: Window, clicked: HashFilter, skipped: Skipped | None = None
) -> Iterator[SearchBlock]:
    """Yield the searches of a window; memory is that of one block.

    Args:
        directory: The directory of an event log.
        window: The window.
        clicked: The requests with clicks.
        skipped: Counts the damaged lines of the files.

    Raises:
        DataError: The directory does not exist.
    """
    for table in read_events(directory, "search", COLUMNS, window.since, window.until, skipped):
        frame = table.drop_columns(["product_ids"]).to_pandas()
        frame[list(TEXT)] = frame[list(TEXT)].fillna("")
        for column in ("offset", "total", "version"):
            frame[column] = frame[column].fillna(0).astype(np.int64)
        for column in ("junk", "filtered"):  # null in the events of earlier versions
            frame[column] = frame[column].eq(True)
        normalised = {query: normalise(query) for query in frame["query"].unique()}
        request = hashed(frame["request_id"])
        known = (frame["user"] != "").to_numpy()
        frame = frame.assign(
            unit=np.where(known, hashed(frame["user"]), request),
            known=known,
            request=request,
            text=frame["query"].map(normalised),
            no_result=frame["total"] == 0,
            rewritten=frame["rewrite"] != "",
            clicked=clicked.contains(request),
        )
        yield SearchBlock(frame, table["product_ids"])
