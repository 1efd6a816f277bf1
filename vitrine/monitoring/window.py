"""Windows of time, as people write them: `7d`, `2026-03-01..2026-03-08`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from vitrine.errors import ConfigError

_SECONDS: Final = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_DURATION: Final = re.compile(r"([1-9]\d{0,5})([hdw])")
_RANGE: Final = re.compile(r"(\S+?)\.\.(\S+)")


@dataclass(frozen=True)
class Window:
    """The time from `since` to before `until`, in seconds since 1970."""

    since: float
    until: float

    def __post_init__(self) -> None:
        if not self.since < self.until:
            raise ConfigError(f"{self}: a window begins before it ends")

    def __str__(self) -> str:
        return f"{_written(self.since)}..{_written(self.until)}"

    def before(self, seconds: float | None = None) -> "Window":
        """Return the window that ends where this one begins; by default it is as long."""
        return Window(self.since - (seconds or self.until - self.since), self.since)


def seconds_of(text: str) -> float:
    """Return the seconds of a duration such as `12h`, `7d` or `4w`.

    Raises:
        ConfigError: It is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is no duration; write 12h, 7d or 4w")
    return int(match[1]) * _SECONDS[match[2]]


def reference_window(text: str | None, window: Window) -> Window:
    """Return the reference of a window: the time before it of a given duration, or a range `START..END` of dates.

    Without `text`, the reference is as long as the window.

    Raises:
        ConfigError: `text` is neither, or overlaps the window.
    """
    if text is None:
        return window.before()
    match = _RANGE.fullmatch(text)
    if match is None:
        return window.before(seconds_of(text))
    reference = Window(time_of(match[1]), time_of(match[2]))
    if reference.until > window.since and reference.since < window.until:
        raise ConfigError(f"--reference {text}: overlaps the window {window}, and would hide its changes")
    return reference


def time_of(text: str) -> float:
    """Return the seconds since 1970 of a date or time in UTC.

    Raises:
        ConfigError: It is none.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no time in UTC; write 2026-03-31 or 2026-03-31T12:00") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _written(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M")
