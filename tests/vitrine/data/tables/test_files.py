import gzip
from pathlib import Path

import pytest

from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.tables.files import column_names, file_dialect, read_table
from vitrine.errors import DataError

AUTOMATIC = Dialect(delimiter="")


@pytest.mark.parametrize(
    ("line", "delimiter"), [("a;b,c;d", ";"), ("a\tb", "\t"), ("a|b", "|"), ("a,b", ","), ("a", ","), ("", ",")]
)
def test_the_delimiter_is_the_most_frequent_of_the_first_line(tmp_path, line, delimiter):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(f"{line}\n;;;;;||||\n".encode()))
    assert file_dialect(path, AUTOMATIC, []).delimiter == delimiter


@pytest.mark.parametrize(("name", "line"), [("a.csv", '"a, b, c";d'), ("a.tsv", "a\tb, c, d")])
def test_commas_in_names_are_no_delimiters(tmp_path, name, line):
    (tmp_path / name).write_text(line)
    assert file_dialect(tmp_path / name, AUTOMATIC, []).delimiter in ";\t"


def test_a_given_delimiter_stays(tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n")
    notes: list[str] = []
    assert file_dialect(tmp_path / "a.csv", Dialect(delimiter=","), notes).delimiter == ","
    assert notes == []


def test_a_byte_order_mark_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n", encoding="utf-16")
    notes: list[str] = []
    assert file_dialect(tmp_path / "a.csv", AUTOMATIC, notes).encoding == "utf-16"
    assert notes == ["a.csv: read as utf-16, by its byte order mark"]


@pytest.mark.parametrize(
    ("name", "start"), [("a.xlsx", b"x"), ("a.csv", b"PK\x03\x04"), ("a.csv", b"\xd0\xcf\x11\xe0")]
)
def test_workbooks_are_refused_by_name_and_content(tmp_path, name, start):
    (tmp_path / name).write_bytes(start)
    with pytest.raises(DataError, match="which is not read; save its sheet as CSV UTF-8"):
        column_names(tmp_path / name, AUTOMATIC)


def read_all(path: Path, encoding: str) -> None:
    dialect = file_dialect(path, Dialect(delimiter="", encoding=encoding), [])
    list(read_table(path, column_names(path, dialect), dialect))


ROWS = b"id,title\n" + b"".join(b"%d,caf\xc3\xa9 %d\n" % (number, number * number) for number in range(2_000))
FEED = b"<rss>" + b"".join(b"<item><id>%d</id><g>%d</g></item>" % (row, row * row) for row in range(2_000)) + b"</rss>"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize(("name", "content"), [("a.csv.gz", ROWS), ("a.xml.gz", FEED)])
@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"no gzip",
        lambda data: data[:12],
        lambda data: data[: len(data) // 2],
        lambda data: data[:10] + b"\xff" * 40 + data[50:],
        lambda data: data[: len(data) // 2] + b"\xff" * 40 + data[len(data) // 2 + 40 :],
        lambda data: data[:-8] + bytes(8),
    ],
)
def test_a_damaged_compressed_file_is_refused(tmp_path, damage, name, content, encoding):
    path = tmp_path / name
    path.write_bytes(damage(gzip.compress(content)))
    with pytest.raises(DataError, match=rf"{name}: damaged or cut off: .*; export or download the file again$"):
        read_all(path, encoding)


def test_a_file_that_may_not_be_read_is_one_line(tmp_path):
    (tmp_path / "a.csv.gz").mkdir()
    with pytest.raises(DataError, match=r"a.csv.gz: Is a directory$"):
        column_names(tmp_path / "a.csv.gz", AUTOMATIC)


def test_a_missing_file_in_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(DataError, match="No such file or directory; the folder is empty"):
        column_names(tmp_path / "absent" / "a.csv", AUTOMATIC)
