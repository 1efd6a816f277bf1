"""Times of attributes: ISO 8601 texts, and milliseconds since 1970 in UTC."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400_000
"""Milliseconds of a day."""
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME: Final = re.compile(
    _DATE.pattern + r"([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII | re.IGNORECASE
)
EXAMPLES: Final = "2026-11-30 or 2026-11-30T08:00:00Z"


def milliseconds(text: str, at_end: bool = False) -> int:
    """Return the milliseconds of a time; of a date, those of its first, or `at_end` of its last, millisecond.

    A time without a zone is in UTC.

    Raises:
        ValueError: The text is no time in ISO 8601.
    """
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text!r} is no time such as {EXAMPLES}")
    time = datetime.fromisoformat(text)
    try:
        since = (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC) - _EPOCH
    except OverflowError:
        raise ValueError(f"{text!r} is outside of the years 1 to 9999 in UTC") from None
    first = since // timedelta(milliseconds=1)
    return first + _DAY - 1 if at_end and _DATE.fullmatch(text) else first


def iso_time(since: int) -> str:
    """Return the time at some milliseconds, in UTC, as ISO 8601."""
    time = _EPOCH + timedelta(milliseconds=since)
    digits = "milliseconds" if since % 1000 else "seconds"
    return time.replace(tzinfo=None).isoformat(timespec=digits) + "Z"


def iso_date(since: int) -> str:
    """Return the time as `iso_time` does, and as a date alone if it is midnight."""
    return iso_time(since)[:10] if since % _DAY == 0 else iso_time(since)
