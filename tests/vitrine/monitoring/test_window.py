import pytest

from vitrine.errors import ConfigError
from vitrine.monitoring.window import Window, reference_window, seconds_of, time_of

DAY = 86400.0
WEEK = Window(time_of("2026-03-08"), time_of("2026-03-15"))


def test_a_duration_has_a_unit() -> None:
    assert [seconds_of(text) for text in ("12h", "7d", "4w")] == [12 * 3600, 7 * DAY, 28 * DAY]


@pytest.mark.parametrize("text", ["", "7", "0d", "-1d", "7 d", "1y", "d"])
def test_another_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="7d"):
        seconds_of(text)


def test_the_reference_ends_where_the_window_begins() -> None:
    assert reference_window(None, WEEK) == Window(WEEK.since - 7 * DAY, WEEK.since)
    assert reference_window("28d", WEEK) == Window(WEEK.since - 28 * DAY, WEEK.since)
    assert reference_window("2026-02-01..2026-02-08", WEEK) == Window(time_of("2026-02-01"), time_of("2026-02-08"))


def test_a_reference_that_overlaps_the_window_is_refused() -> None:
    with pytest.raises(ConfigError, match="overlaps"):
        reference_window("2026-03-01..2026-03-09", WEEK)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01..2026-03-01", "a..b"])
def test_a_reference_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        reference_window(text, WEEK)


def test_a_window_begins_before_it_ends() -> None:
    with pytest.raises(ConfigError, match="begins before"):
        Window(2.0, 2.0)


def test_times_are_in_utc() -> None:
    assert time_of("2026-03-08T01:00:00+01:00") == time_of("2026-03-08")
