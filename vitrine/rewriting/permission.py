"""Whether a call may be made now: a budget of calls, and a pause after failures."""

import logging
import time

from limits import RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from vitrine.rewriting.settings import BudgetSettings, PauseSettings

log = logging.getLogger(__name__)


class Budget:
    """Calls a minute and a day of this process, in moving windows."""

    def __init__(self, settings: BudgetSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits = {
            "budget of this minute is spent": RateLimitItemPerMinute(settings.per_minute),
            "budget of this day is spent": RateLimitItemPerDay(settings.per_day),
        }

    def spend(self) -> str:
        """Take one call out of the budget, or say why there is none left."""
        for note, limit in self._limits.items():
            if not self._limiter.test(limit):
                return note
        for limit in self._limits.values():
            self._limiter.hit(limit)
        return ""


class Pause:
    """No calls for a while after several failures in a row; then one, and all of them when that one succeeds."""

    def __init__(self, settings: PauseSettings) -> None:
        self._settings = settings
        self._failures = 0
        self._until = 0.0

    def refusal(self) -> str:
        """Why no call may be made, or ""; with "" after a pause, the next caller has to wait for this one's result."""
        if self._failures < self._settings.failures:
            return ""
        if time.monotonic() < self._until:
            return "paused after failures"
        self._until = time.monotonic() + self._settings.seconds
        return ""

    def record(self, failure: str) -> None:
        """Count a call that failed for a reason, or with "" one that did not."""
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
