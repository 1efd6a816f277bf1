import pytest

from vitrine.data.formats import csv_reading
from vitrine.data.formats.csv_reading import Dialect, header, read, read_whole
from vitrine.errors import DataError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.csv"


def rows(path, data: bytes, **dialect):
    """Read a file; return (row number, values) of all records, and the messages of all faults without the path."""
    path.write_bytes(data)
    records = read_whole(path, ["a", "b"], Dialect(**dialect))
    values = zip(records.table["a"].to_pylist(), records.table["b"].to_pylist(), strict=True)
    messages = [str(fault).removeprefix(str(path)) for fault in records.faults]
    return list(zip(records.rows.to_pylist(), values, strict=True)), messages


def test_every_value_is_a_string(path):
    assert rows(path, b"a,b\n007,\nNULL,1e5\n") == ([(2, ("007", "")), (3, ("NULL", "1e5"))], [])


def test_columns_are_found_by_name(path):
    assert rows(path, b"x,b,a\n0,2,1\n") == ([(2, ("1", "2"))], [])


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_end_will_do(path, end):
    assert rows(path, end.join([b"a,b", b"1,2", b"3,4"]))[0] == [(2, ("1", "2")), (3, ("3", "4"))]


def test_a_byte_order_mark_is_not_part_of_a_name(path):
    assert rows(path, b"\xef\xbb\xbfa,b\n1,2\n") == ([(2, ("1", "2"))], [])


def test_a_file_with_a_header_only_has_no_records(path):
    assert rows(path, b"a,b") == ([], [])


def test_empty_rows_are_passed_over_and_counted(path):
    assert rows(path, b"a,b\n\n1,2\n,\n3,4\n\n") == ([(3, ("1", "2")), (5, ("3", "4"))], [])


def test_rows_with_another_number_of_fields_are_faults(path):
    records, faults = rows(path, b"a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert records == [(2, ("1", "2")), (5, ("7", "8"))]
    assert faults == [":3: 1 fields where the header has 2: '3'", ":4: 3 fields where the header has 2: '4,5,6'"]


def test_rows_that_are_not_utf8_are_faults_and_the_others_are_not_touched(path):
    records, faults = rows(path, b"a,b\n\xc3\xa9,1\n2,caf\xe9\n\xe4\xb8\xad,3\n4,5,\xff\n")
    assert records == [(2, ("é", "1")), (4, ("中", "3"))]
    assert faults == [":3: b 'caf�' is not UTF-8 at byte 3", ":5: 3 fields where the header has 2: '4,5,ÿ'"]


def test_latin_1_is_read_when_asked_for(path):
    assert rows(path, b"a,b\ncaf\xe9,1\n", encoding="latin-1") == ([(2, ("café", "1"))], [])


def test_values_may_hold_line_breaks_when_asked_for(path):
    data = b'a;b\n"1\n2";3\n4;5\n'
    assert rows(path, data, delimiter=";", newlines_in_values=True)[0] == [(2, ("1\n2", "3")), (3, ("4", "5"))]


def test_row_numbers_go_on_over_blocks(path, monkeypatch):
    monkeypatch.setattr(csv_reading, "BLOCK_BYTES", 512)
    lines = [f"{number},x".encode() for number in range(2, 502)]
    for bad in (7, 120, 121, 499):
        lines[bad - 2] = b"short"
    lines[200 - 2] = b"200,\xff"
    path.write_bytes(b"\n".join([b"a,b", *lines]))
    blocks = list(read(path, ["a", "b"]))
    assert len(blocks) > 5
    numbers = [row for records in blocks for row in records.rows.to_pylist()]
    assert numbers == [int(value) for records in blocks for value in records.table["a"].to_pylist()]
    assert [fault.row for records in blocks for fault in records.faults] == [7, 120, 121, 200, 499]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ":1: the first row must name the columns; it is empty"),
        (b"\na,b\n1,2\n", ":1: the first row must name the columns; it is empty"),
        (b"a,a,b\n", ":1: column 'a' is named twice"),
        (b"a,c\n1,2\n", ":1: column 'b' is missing; the file has 'a', 'c'"),
        (b"\xff,b\n1,2\n", ":1: column 'a' is missing; the file has '�', 'b'"),
        (b'"' + b"x" * 200_000, ":1: the header cannot be read: field larger than field limit (131072)"),
    ],
)
def test_files_without_the_columns_are_refused(path, data, message):
    with pytest.raises(DataError) as error:
        rows(path, data)
    assert str(error.value) == f"{path}{message}"


def test_what_is_not_a_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"absent.csv: No such file or directory"):
        header(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="Is a directory"):
        header(tmp_path)
