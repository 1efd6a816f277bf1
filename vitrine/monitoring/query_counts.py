"""Counts by query: searches, users, and searches without results, without clicks, junk and rewritten."""

from typing import Final

import numpy as np
import pandas as pd

from vitrine.monitoring.hash_filter import HashFilter, combined, hashed
from vitrine.monitoring.searches import SearchBlock

SUMS: Final = ("searches", "users", "no_result", "junk", "rewritten", "clicked")


class QueryCounts:
    """Counts of each normalised query, for the most frequent ones.

    A user counts once for a query, however often the query is repeated: one person, or one program, makes no query
    popular. Where more than twice `limit` distinct queries are held, the rarest are dropped (lossy counting, Manku and
    Motwani 2002), and those that come again count from then on.
    """

    def __init__(self, limit: int) -> None:
        """Start counting; `limit` queries are kept."""
        self._limit = limit
        self._counts = pd.DataFrame({name: pd.Series(dtype=np.int64) for name in SUMS}, index=pd.Index([], dtype=str))
        self._seen = HashFilter()
        self.missed = 0
        """The users that a query may have lost at most by being dropped."""

    def add(self, block: SearchBlock) -> None:
        """Count the queries of a block; searches without words, or for more results of a query, do not count."""
        frame = block.frame[(block.frame["text"] != "") & (block.frame["offset"] == 0)]
        new = self._seen.add(combined(frame["unit"].to_numpy(), hashed(frame["text"])))
        added = frame.assign(searches=1, users=new).groupby("text", sort=False)[list(SUMS)].sum().astype(np.int64)
        self._counts = pd.concat([self._counts, added]).groupby(level=0, sort=False).sum()
        if len(self._counts) > 2 * self._limit:
            self._drop()

    def frame(self) -> pd.DataFrame:
        """Return int64 columns `SUMS`, by query, the one with most users first."""
        if len(self._counts) > self._limit:
            self._drop()
        counts = self._counts.rename_axis("query").reset_index()
        return counts.sort_values(["users", "searches", "query"], ascending=[False, False, True]).set_index("query")

    def _drop(self) -> None:
        order = self._counts["users"].sort_values(ascending=False, kind="stable")
        self.missed += int(order.iloc[self._limit])
        self._counts = self._counts.loc[order.index[: self._limit]]
