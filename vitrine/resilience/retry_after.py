"""Responses of busy servers, and their `Retry-After` (RFC 9110, section 10.2.3)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from tenacity import RetryCallState

Wait = Callable[[RetryCallState], float]
"""A wait strategy of `tenacity`: the seconds until the next attempt."""

BUSY: Final = {408, 425, 429, 500, 502, 503, 504}
"""Status codes after which another attempt may succeed."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait, from a header with seconds or a date; None without a readable one."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def wait_retry_after(fallback: Wait) -> Wait:
    """Return a strategy that waits for the seconds in the error's attribute `after`, or else as `fallback` does."""

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        after: float | None = getattr(error, "after", None)
        return after or fallback(state)

    return wait
