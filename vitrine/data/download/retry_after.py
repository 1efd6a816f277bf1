"""Servers that are busy: which answers say so, and `Retry-After` (RFC 9110, section 10.2.3)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

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
