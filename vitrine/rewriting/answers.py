"""Answers that are remembered for a while, the least recently used ones forgotten first."""

import time
from collections import OrderedDict

from vitrine.rewriting.settings import CacheSettings


class Answers:
    """Mended queries by query, in this process."""

    def __init__(self, settings: CacheSettings) -> None:
        self._settings = settings
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def get(self, query: str) -> str | None:
        """The answer, unless it is unknown or too old."""
        until, answer = self._kept.get(query, (0.0, ""))
        if until <= time.monotonic():
            self._kept.pop(query, None)
            return None
        self._kept.move_to_end(query)
        return answer

    def put(self, query: str, answer: str) -> None:
        """Remember an answer."""
        self._kept[query] = (time.monotonic() + self._settings.seconds, answer)
        self._kept.move_to_end(query)
        if len(self._kept) > self._settings.entries:
            self._kept.popitem(last=False)
