import math
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.attributes.cells import read_cells
from vitrine.data.attributes.declaration import TYPES, Attribute, Type
from vitrine.data.attributes.times import iso_date, iso_time, milliseconds


def read(kind: Type, *texts: str | None) -> tuple[list[object], list[bool]]:
    values, is_bad = read_cells(pa.array(texts, pa.string()), Attribute(type=kind))
    return values.to_pylist(), is_bad.to_pylist()


@pytest.mark.parametrize("kind", TYPES)
def test_an_empty_cell_is_an_unknown_value_and_no_fault(kind: Type) -> None:
    assert read(kind, "", None, "  ") == ([None] * 3, [False] * 3)


def test_a_number_may_be_negative_and_is_finite() -> None:
    values, is_bad = read("number", "1.5", "-2", "+.5", " 3e2 ", "1e16", "nan", "inf", "1,5", "1.5 kg", "٣")
    assert values[:4] == [1.5, -2.0, 0.5, 300.0]
    assert is_bad == [False] * 4 + [True] * 6


def test_a_list_is_json_or_has_separators() -> None:
    values, is_bad = read("list", "cotton | wool", "a, b; c", '["a|b", "c", "c"]', "one", "[1]", "[", "|", "[]")
    assert values[:4] == [["cotton", "wool"], ["a, b", "c"], ["a|b", "c"], ["one"]]
    assert is_bad == [False] * 4 + [True] * 4


def test_a_boolean_is_written_in_some_ways() -> None:
    assert read("boolean", "true", "YES", "1", "False", "no", "0", "maybe") == (
        [True, True, True, False, False, False, None],
        [False] * 6 + [True],
    )


def test_a_time_is_iso_8601_and_in_utc_without_a_zone() -> None:
    texts = ("2026-11-30", "2026-11-30T08:00:00+02:00", "2026-11-30 08:00", "30.11.2026", "20261130")
    values, is_bad = read("time", *texts)
    assert values[:3] == [datetime(2026, 11, 30, hour, tzinfo=UTC) for hour in (0, 6, 8)]
    assert is_bad == [False] * 3 + [True] * 2
    assert read("time", "0001-01-01T00:00:00+14:00", "2026-02-30")[1] == [True, True]


def test_a_text_has_no_line_breaks() -> None:
    assert read("keyword", "M", "a\nb", "a\u0085b") == (["M", None, None], [False, True, True])


@given(st.sampled_from(TYPES), st.lists(st.text(max_size=30), max_size=5))
def test_a_cell_has_a_value_or_a_fault_or_is_empty(kind: Type, texts: list[str]) -> None:
    values, is_bad = read(kind, *texts)
    for text, value, bad in zip(texts, values, is_bad, strict=True):
        assert (value is None) == (bad or not text.strip())
        assert not isinstance(value, float) or math.isfinite(value)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_the_text_of_a_time_stands_for_the_same_time(time: datetime) -> None:
    since = milliseconds(time.isoformat())
    assert milliseconds(iso_time(since)) == milliseconds(iso_date(since)) == since


def test_a_date_ends_in_its_last_millisecond() -> None:
    assert milliseconds("2026-12-01") - milliseconds("2026-11-30", at_end=True) == 1
