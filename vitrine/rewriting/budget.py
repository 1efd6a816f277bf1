"""A budget of calls per minute and per day."""

from typing import Final

from throttled import MemoryStore, Throttled

from vitrine.rewriting.settings import BudgetSettings

_KEY: Final = "calls"


class Budget:
    """A budget of calls of this process per minute and per day of the clock, in UTC."""

    def __init__(self, settings: BudgetSettings) -> None:
        self._limits = {
            "budget of this minute is spent": _limit(f"{settings.per_minute}/minute"),
            "budget of this day is spent": _limit(f"{settings.per_day}/day"),
        }

    def spend(self) -> str:
        """Take one call from the budget and return "", or return the reason that there is none left."""
        for note, limit in self._limits.items():
            if not limit.peek(_KEY).remaining:
                return note
        for limit in self._limits.values():
            limit.limit(_KEY)
        return ""


def _limit(rate: str) -> Throttled:
    return Throttled(using="fixed_window", quota=rate, store=MemoryStore())
