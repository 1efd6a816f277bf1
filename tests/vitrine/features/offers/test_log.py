from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from vitrine.features.offers import log as log_module
from vitrine.features.offers.log import OfferLog, OffersBusyError


@pytest.fixture
def log(tmp_path: Path) -> OfferLog:
    log = OfferLog(tmp_path)
    with log.writing(0):
        pass
    return log


def commit(log: OfferLog, **prices: float) -> int:
    number = log.commit(pa.table({"product_id": list(prices), "price": list(prices.values())}), "test")
    log.mark_applied(number)
    return number


def test_the_newest_row_of_each_product_counts(log: OfferLog) -> None:
    assert [commit(log, a=1, b=1), commit(log, b=2), commit(log, c=3)] == [1, 2, 3]
    last, rows = log.newest_rows(after=0)
    assert last == 3
    assert dict(zip(rows["product_id"].to_pylist(), rows["price"].to_pylist(), strict=True)) == {"a": 1, "b": 2, "c": 3}
    assert log.newest_rows(after=2)[1]["product_id"].to_pylist() == ["c"]
    assert log.newest_rows(after=3)[1].num_rows == 0


def test_event_times_rise_where_the_clock_was_set_back(log: OfferLog, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(log, a=1)

    class Yesterday(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # noqa: ARG003
            return datetime.now(UTC) - timedelta(days=1)

    monkeypatch.setattr(log_module, "datetime", Yesterday)
    commit(log, a=2)
    first, second = (log.rows(number)["event_timestamp"][0].as_py() for number in (1, 2))
    assert first < second


def test_many_files_become_one_with_the_last_number(log: OfferLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "COMPACT_FILES", 3)
    for number in range(3):
        commit(log, a=number, **{f"p{number}": number})
    log.compact()
    assert (log.committed(), log.applied()) == ([3], 3)
    rows = log.newest_rows(after=0)[1]
    assert dict(zip(rows["product_id"].to_pylist(), rows["price"].to_pylist(), strict=True)) == {
        "a": 2, "p0": 0, "p1": 1, "p2": 2,
    }  # fmt: skip
    assert log.sources() == {"test"}
    assert commit(log, b=1) == 4


def test_files_of_many_rows_become_one_early(log: OfferLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "COMPACT_ROWS", 2)
    commit(log, a=1, b=1)
    log.compact()
    commit(log, a=2)
    log.compact()
    assert log.committed() == [1, 2]
    commit(log, b=2)
    log.compact()
    assert log.committed() == [3]


def test_the_newest_row_of_each_product_is_found_in_order(log: OfferLog) -> None:
    commit(log, a=1, b=1)
    commit(log, b=2, c=2)
    present = log.present(pa.array(["c", "x", "a", "b"]))
    assert present["price"].to_pylist() == [2, None, 1, 2]
    assert log.present(pa.array(["x"]))["product_id"].to_pylist() == [None]


def test_a_second_writer_waits_and_then_says_so(log: OfferLog, tmp_path: Path) -> None:
    busy = pytest.raises(OffersBusyError, match="another process is changing offers")
    with log.writing(0), busy, OfferLog(tmp_path).writing(0.2):
        pass
