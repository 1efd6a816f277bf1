from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from tenacity import Retrying, stop_after_attempt, wait_fixed

from vitrine.errors import BusyError
from vitrine.resilience.retry_after import retry_after, wait_retry_after


def test_seconds() -> None:
    assert retry_after({"retry-after": " 7 "}) == 7


def test_a_date_to_come_and_one_that_is_past() -> None:
    now = datetime.now(UTC)
    assert retry_after({"retry-after": format_datetime(now + timedelta(seconds=90), usegmt=True)}) == pytest.approx(
        90, abs=2
    )
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


@pytest.mark.parametrize("headers", [{}, {"retry-after": ""}, {"retry-after": "soon"}, {"retry-after": "-3"}])
def test_nothing_that_can_be_read(headers: dict[str, str]) -> None:
    assert retry_after(headers) is None


@pytest.mark.parametrize(
    ("error", "waited"),
    [(BusyError("", 7.0), 7.0), (BusyError("", None), 2.0), (BusyError("", 0.0), 2.0), (OSError(), 2.0)],
)
def test_an_attempt_waits_as_its_error_says_or_else_as_usual(error: Exception, waited: float) -> None:
    slept: list[float] = []

    def fail() -> None:
        raise error

    wait = wait_retry_after(wait_fixed(2))
    attempts = Retrying(stop=stop_after_attempt(2), wait=wait, sleep=slept.append, reraise=True)
    with pytest.raises(type(error)):
        attempts(fail)
    assert slept == [waited]
