"""The queries of the last days, from the event log: read in a thread, and kept for some minutes."""

import asyncio
import time
from pathlib import Path
from typing import Final

from vitrine.gateway.schemas.service import Insights
from vitrine.saved_model.status import ApiError

DAYS: Final = 7
LENGTH: Final = 50
QUERIES: Final = 50_000
"""Distinct queries that are held while the log is read."""
MIN_USERS: Final = 5
FRESH_SECONDS: Final = 300.0
WAIT_SECONDS: Final = 5.0
"""Seconds that a request waits for the log; a longer reading goes on for the next request."""


class InsightsReader:
    """A reader of the event log of all gateways that share its directory. It reads once for requests at one time."""

    def __init__(self, directory: Path | None, takes_synonyms: bool, takes_rules: bool) -> None:
        self._directory = directory
        self._takes_synonyms = takes_synonyms
        self._takes_rules = takes_rules
        self._kept: Insights | None = None
        self._expires = 0.0
        self._reading: asyncio.Task[Insights] | None = None

    async def read(self) -> Insights:
        """Return the insights, at most five minutes old.

        Raises:
            ApiError: NOT_FOUND without an event log; UNAVAILABLE if the log is still being read, or cannot be.
        """
        if self._directory is None:
            raise ApiError("NOT_FOUND", "no event log is configured; set log.directory")
        if self._kept and time.monotonic() < self._expires:
            return self._kept
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(asyncio.to_thread(self._read, self._directory))
        try:
            insights = await asyncio.wait_for(asyncio.shield(self._reading), WAIT_SECONDS)
        except TimeoutError:
            raise ApiError("UNAVAILABLE", "the event log is being read; try again in a moment") from None
        except OSError as error:
            raise ApiError("UNAVAILABLE", f"the event log cannot be read: {error.strerror}") from None
        self._kept, self._expires = insights, time.monotonic() + FRESH_SECONDS
        return insights

    def _read(self, directory: Path) -> Insights:
        from vitrine.monitoring.query_counts import QueryCounts
        from vitrine.monitoring.query_lists import query_lists
        from vitrine.monitoring.searches import clicked_requests, read_searches
        from vitrine.monitoring.window import Window

        now = time.time()
        window = Window(now - DAYS * 86400, now)
        counts = QueryCounts(QUERIES), QueryCounts(QUERIES)
        if directory.is_dir():  # the log makes it with the first event
            for found, span in zip(counts, (window, window.before()), strict=True):
                for block in read_searches(directory, span, clicked_requests(directory, span)):
                    found.add(block)
        lists = query_lists(*counts, MIN_USERS, LENGTH)
        return Insights(
            since=window.since,
            until=window.until,
            searches=int(counts[0].frame()["searches"].sum()),
            top=lists.top,
            no_result=lists.no_result,
            no_click=lists.no_click,
            rising=lists.rising,
            rising_words=lists.rising_words,
            takes_synonyms=self._takes_synonyms,
            takes_rules=self._takes_rules,
        )
