"""A budget of calls, by the minute and by the day."""

from typing import Final

from throttled import MemoryStore, Throttled

from vitrine.rewriting.settings import BudgetSettings

_KEY: Final = "calls"


class Budget:
    """Calls of this process in a minute and in a day of the clock, in UTC."""

    def __init__(self, settings: BudgetSettings) -> None:
        self._limits = {
            "budget of this minute is spent": _limit(f"{settings.per_minute}/minute"),
            "budget of this day is spent": _limit(f"{settings.per_day}/day"),
        }

    def spend(self) -> str:
        """Take one call out of the budget, or say why there is none left."""
        for note, limit in self._limits.items():
            if not limit.peek(_KEY).remaining:
                return note
        for limit in self._limits.values():
            limit.limit(_KEY)
        return ""


def _limit(rate: str) -> Throttled:
    return Throttled(using="fixed_window", quota=rate, store=MemoryStore())
