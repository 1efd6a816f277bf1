"""Servers that are busy: which answers say so, and `Retry-After` (RFC 9110, section 10.2.3)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from tenacity import RetryCallState

Wait = Callable[[RetryCallState], float]
"""Seconds until the next attempt: one of `tenacity`'s wait strategies, or a function like one."""

BUSY: Final = {408, 425, 429, 500, 502, 503, 504}
"""Statuses after which another attempt may go better."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now, of a header that gives seconds or a date; None where there is none that can be read."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def wait_as_told(otherwise: Wait) -> Wait:
    """A wait strategy: as long as the attempt's error says in its attribute `after`, else as `otherwise` says."""

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        after: float | None = getattr(error, "after", None)
        return after or otherwise(state)

    return wait
