"""Samples of independent searches: one of each user, and of judged queries of each day."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.monitoring.searches import SearchBlock

KEPT: Final = (
    "time", "text", "catalogue", "kind", "route", "latency_ms", "total", "junk", "no_result", "rewritten", "clicked",
    "filtered",
)  # fmt: skip
LENGTH: Final = 10
"""Products of a judged search that are kept, for nDCG@10."""


class UserSample:
    """One random search of each of at most `size` random users.

    The searches of a user are not independent, and a test over all of them would find differences that do not exist.
    Users and searches are chosen by the smallest hashes, so a search is chosen once however often it is read.
    """

    def __init__(self, size: int, seed: int) -> None:
        """Start sampling."""
        self._size, self._mask = size, _mask(seed)
        self._rows = pd.DataFrame()

    def add(self, block: SearchBlock) -> None:
        """Sample the first pages of a block."""
        frame = block.frame[block.frame["offset"] == 0]
        rows = frame[list(KEPT)].assign(
            unit=frame["unit"].to_numpy(),
            unit_order=frame["unit"].to_numpy() ^ self._mask,
            order=frame["request"].to_numpy() ^ self._mask,
        )
        if len(self._rows) == self._size:
            rows = rows[rows["unit_order"] <= self._rows["unit_order"].iloc[-1]]
        rows = pd.concat([self._rows, rows]) if len(self._rows) else rows
        rows = rows.sort_values(["unit_order", "unit", "order"], kind="stable").drop_duplicates("unit")
        self._rows = rows.head(self._size)

    def frame(self) -> pd.DataFrame:
        """Return the sample, one row for each user, with the columns `KEPT`, in random order."""
        return self._rows[list(KEPT)].reset_index(drop=True) if len(self._rows) else pd.DataFrame(columns=list(KEPT))


class JudgedSample:
    """Random searches of judged queries, at most `size` of each day, as they were answered without filters."""

    def __init__(self, queries: Mapping[str, str], size: int, seed: int) -> None:
        """Start sampling.

        Args:
            queries: The id of each judged query, by its normalised text.
            size: The number of searches of a day.
            seed: The seed of the sample.
        """
        self._queries, self._size, self._mask = queries, size, _mask(seed)
        self._rows = pd.DataFrame()

    def add(self, block: SearchBlock) -> None:
        """Sample a block."""
        frame = block.frame
        eligible = (frame["kind"] == "text") & (frame["offset"] == 0) & ~frame["filtered"]
        frame = frame[eligible & frame["text"].isin(self._queries.keys())]
        if frame.empty:
            return
        shown = block.product_ids.take(pa.array(frame.index.to_numpy()))
        rows = pd.DataFrame(
            {
                "day": pd.to_datetime(frame["time"], unit="s").dt.strftime("%Y-%m-%d").to_numpy(),
                "query_id": frame["text"].map(self._queries).to_numpy(),
                "order": frame["request"].to_numpy() ^ self._mask,
                "product_ids": [ids or [] for ids in pc.list_slice(shown, 0, LENGTH).to_pylist()],
            }
        )
        rows = pd.concat([self._rows, rows]) if len(self._rows) else rows
        rows = rows.sort_values(["day", "order"], kind="stable").drop_duplicates(["day", "order"])
        self._rows = rows.groupby("day", sort=False).head(self._size)

    def frame(self) -> pd.DataFrame:
        """Return the sample: `day`, `query_id`, and `product_ids`, the best first."""
        columns: Iterable[str] = ("day", "query_id", "product_ids")
        return self._rows.reset_index(drop=True) if len(self._rows) else pd.DataFrame(columns=list(columns))


def _mask(seed: int) -> np.uint64:
    """Return random bits, with which hashes are combined to be in another order for each seed."""
    return np.uint64(np.random.default_rng(seed).integers(2**64, dtype=np.uint64))
