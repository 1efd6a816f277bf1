from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from vitrine.data.download.retry_after import retry_after


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
