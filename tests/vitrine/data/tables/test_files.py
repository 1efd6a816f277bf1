import gzip

import pytest

from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.tables.files import column_names, file_dialect
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


def test_a_damaged_compressed_file_is_refused(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(DataError, match=r"a.csv.gz: Not a gzipped file"):
        column_names(tmp_path / "a.csv.gz", AUTOMATIC)


def test_a_missing_file_in_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(DataError, match="No such file or directory; the folder is empty"):
        column_names(tmp_path / "absent" / "a.csv", AUTOMATIC)
