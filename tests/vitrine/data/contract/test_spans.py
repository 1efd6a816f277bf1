from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.contract.spans import (
    BASE,
    catalogue_files,
    check_window,
    files_by_span,
    in_window,
    new_span,
    newest,
    span_numbers,
)
from vitrine.errors import DataError


def test_files_are_grouped_by_span_the_newest_first_and_those_without_one_last():
    files = ["d/span-2/a.csv", "d/a.csv", "d/span-10/a.csv", "d/span-2/b.csv"]
    assert files_by_span(files) == {
        10: ["d/span-10/a.csv"],
        2: ["d/span-2/a.csv", "d/span-2/b.csv"],
        BASE: ["d/a.csv"],
    }
    assert list(files_by_span(files)) == [10, 2, BASE]


def test_the_highest_version_of_a_span_replaces_the_others():
    files = ["d/span-2/a.csv", "d/span-2/version-1/b.csv", "d/span-2/version-12/c.csv", "d/span-2/version-9/d.csv"]
    assert files_by_span(files) == {2: ["d/span-2/version-12/c.csv"]}


@given(st.sets(st.integers(0, 999), max_size=20), st.integers(1, 30), st.booleans())
def test_a_window_has_the_newest_spans_and_always_the_files_without_one(numbers, count, has_base):
    files = [f"d/span-{number}/a.csv" for number in numbers] + ["d/a.csv"] * has_base
    window = in_window(files_by_span(files), f"last {count}")
    assert set(window) - {BASE} == set(sorted(numbers)[-count:])
    assert (BASE in window) == has_base
    assert in_window(files_by_span(files), "all") == files_by_span(files)


def test_the_newest_span_stands_for_a_catalogue():
    assert newest(files_by_span(["c/a.csv", "c/span-1/a.csv", "c/span-3/b.csv"])) == {3: ["c/span-3/b.csv"]}
    assert newest(files_by_span(["c/a.csv"])) == {BASE: ["c/a.csv"]}
    assert newest({}) == {}


@pytest.mark.parametrize("window", ["last", "last 0", "last -1", "first 3", "ALL", "30", ""])
def test_another_window_is_refused(window):
    with pytest.raises(ValueError, match="expected 'all', or 'last N'"):
        check_window(window)


@pytest.mark.parametrize("window", [None, "all", "last 1", "last 30"])
def test_a_window_is_all_or_the_last_spans(window):
    assert check_window(window) == window


def test_spans_are_numbered_from_one_on(tmp_path: Path):
    for text in ("first", "second"):
        with new_span(tmp_path, "catalogue") as folder:
            (folder / "products.csv").write_text(text)
    assert span_numbers(tmp_path, "catalogue") == [1, 2]
    assert [path.read_text() for path in catalogue_files(tmp_path)] == ["second"]


def write_span(data: Path, text: str) -> None:
    with new_span(data, "judgements", 20261130) as folder:
        (folder / "a").write_text(text)


def fail_half_way(data: Path) -> None:
    with new_span(data, "judgements") as folder:
        (folder / "a").write_text("part")
        raise ZeroDivisionError


def test_a_span_that_exists_is_not_replaced(tmp_path: Path):
    write_span(tmp_path, "kept")
    with pytest.raises(DataError, match="a corrected span is a version of it"):
        write_span(tmp_path, "lost")
    assert (tmp_path / "judgements/span-20261130/a").read_text() == "kept"
    assert [path.name for path in (tmp_path / "judgements").iterdir()] == ["span-20261130"]


def test_a_span_that_fails_half_way_leaves_nothing(tmp_path: Path):
    with pytest.raises(ZeroDivisionError):
        fail_half_way(tmp_path)
    assert list((tmp_path / "judgements").iterdir()) == []


def test_two_writers_get_two_spans(tmp_path: Path):
    with new_span(tmp_path, "judgements") as first:
        (first / "a").write_text("first")
        with new_span(tmp_path, "judgements") as second:
            (second / "a").write_text("second")
    texts = [(tmp_path / f"judgements/span-{number}/a").read_text() for number in (1, 2)]
    assert texts == ["second", "first"]
