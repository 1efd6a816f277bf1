"""Limits of calls to a language model: a budget of calls, and a pause after failures."""

import logging
import time

from limits import RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from vitrine.rewriting.settings import BudgetSettings, PauseSettings

log = logging.getLogger(__name__)


class Budget:
    """A budget of calls per minute and per day of this process, in moving windows."""

    def __init__(self, settings: BudgetSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits = {
            "budget of this minute is spent": RateLimitItemPerMinute(settings.per_minute),
            "budget of this day is spent": RateLimitItemPerDay(settings.per_day),
        }

    def spend(self) -> str:
        """Take one call from the budget and return "", or return the reason that there is none left."""
        for note, limit in self._limits.items():
            if not self._limiter.test(limit):
                return note
        for limit in self._limits.values():
            self._limiter.hit(limit)
        return ""


class Pause:
    """A pause of all calls after several consecutive failures; then one trial call decides."""

    def __init__(self, settings: PauseSettings) -> None:
        self._settings = settings
        self._failures = 0
        self._until = 0.0

    def refusal(self) -> str:
        """Return the reason that no call may be made, or "". After a pause, "" allows one call until it is recorded."""
        if self._failures < self._settings.failures:
            return ""
        if time.monotonic() < self._until:
            return "paused after failures"
        self._until = time.monotonic() + self._settings.seconds
        return ""

    def record(self, failure: str) -> None:
        """Record the reason of a call that failed, or "" for a call that succeeded."""
        if not failure:
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= self._settings.failures:
            self._until = time.monotonic() + self._settings.seconds
            log.warning(
                "The language model of query rewriting failed %d times in a row (%s); no calls for %g s",
                self._failures,
                failure,
                self._settings.seconds,
            )
