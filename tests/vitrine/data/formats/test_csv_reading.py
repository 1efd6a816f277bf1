import gzip

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


def test_rows_that_a_quote_hides_are_one_fault(path):
    records, faults = rows(path, b'a,b\n1,2\n3,"x\n5,y\n7,"z\n9,0\n', newlines_in_values=True)
    assert records == [(2, ("1", "2")), (4, ("9", "0"))]
    assert faults == [
        ":3: text follows the closing quote of a value (lines 3 to 5 of the file); double the quotes in quoted values"
    ]


def test_a_quote_that_is_never_closed_ends_in_a_fault(path):
    records, faults = rows(path, b'a,b\n1,2\n3,"x\n5,y\n', newlines_in_values=True, options=True)
    assert records == [(2, ("1", "2"))]
    remedy = "add it, or double the quotes in quoted values, or --quoting none reads quotes as text"
    assert faults == [f":3: the closing quote of a value is missing (lines 3 to 4 of the file); {remedy}"]


def test_a_header_with_a_stray_quote_is_refused(path):
    with pytest.raises(DataError, match=r":1: text follows the closing quote of a value"):
        rows(path, b'a,"b" c,b\n1,2,3\n')


def test_quotes_are_text_when_asked_for(path):
    data = b'a,b\n1,"x\n2,24" rug\n3,"y"\n'
    assert rows(path, data, quoting="none") == ([(2, ("1", '"x')), (3, ("2", '24" rug')), (4, ("3", '"y"'))], [])


def test_backslashes_escape_when_asked_for(path):
    data = rb"a,b" + b"\n" + rb'"24\" rug, wool","C:\\x"' + b"\n" + rb'\N,"one\ntwo"' + b"\n" + rb'x\,y,"z\""' + b"\n"
    assert rows(path, data, escape="backslash") == (
        [(2, ('24" rug, wool', "C:\\x")), (3, ("", "one two")), (4, ("x,y", 'z"'))],
        [],
    )


def test_backslashes_escape_without_quotes_too(path):
    data = b"a\tb\n" + rb'24\" "rug"' + b"\t" + rb"x\ty" + b"\n"
    assert rows(path, data, delimiter="\t", escape="backslash", quoting="none") == ([(2, ('24" "rug"', "x y"))], [])


def test_text_after_a_quote_is_refused_with_backslashes_too(path):
    with pytest.raises(DataError, match=r"a.csv:3: not readable with --escape backslash: ',' expected after '\"'"):
        rows(path, b'a,b\n1,2\n"3" x,4\n', escape="backslash")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-32", "cp1251", "shift_jis", "gb18030"])
def test_common_encodings_are_read_when_asked_for(path, encoding):
    text = {"cp1252": "5 € – ™", "cp1251": "кружка"}.get(encoding, "日本")
    assert rows(path, f"a,b\n{text},1\n".encode(encoding), encoding=encoding) == ([(2, (text, "1"))], [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_the_encoding(path, encoding):
    assert rows(path, "a,b\né,1\n".encode(encoding), encoding="cp1252") == ([(2, ("é", "1"))], [])


def test_values_that_are_not_in_the_encoding_are_faults(path):
    records, faults = rows(path, b"a,b\n1,\x81x\n2,\x80\n", encoding="cp1252")
    assert records == [(3, ("2", "€"))]
    assert faults == [":2: b '\ufffdx' is not in the encoding cp1252"]


def test_a_file_of_nuls_is_explained(path):
    with pytest.raises(DataError, match=r":1: the header has NUL characters, as .*; --encoding utf-16-le"):
        rows(path, "a,b\n1,2\n".encode("utf-16-le"), options=True)


def test_compressed_files_are_read(tmp_path):
    path = tmp_path / "a.csv.gz"
    assert rows(path, gzip.compress(b"a,b\n1,2\n3,\xff\n")) == (
        [(2, ("1", "2"))],
        [":3: b '\ufffd' is not UTF-8 at byte 0"],
    )


@pytest.mark.parametrize("damage", [slice(0, 30), slice(0, 5)])
def test_a_damaged_compressed_file_is_refused(tmp_path, damage):
    path = tmp_path / "a.csv.gz"
    with pytest.raises(DataError, match=r"a.csv.gz: "):
        rows(path, gzip.compress(b"a,b\n" + b"1,2\n" * 1000)[damage])


def test_columns_without_a_name_are_passed_over(path):
    assert rows(path, b"a,,b,,\n1,,2,,\n3,4,,x,\n") == ([(2, ("1", "2")), (3, ("3", ""))], [])


def test_a_row_that_is_longer_than_a_block_is_refused(path, monkeypatch):
    monkeypatch.setattr(csv_reading, "BLOCK_BYTES", 512)
    with pytest.raises(DataError, match=r"a.csv: a row after row 2 is longer than"):
        rows(path, b"a,b\n1,2\n" + b"x" * 2000 + b",3\n", newlines_in_values=True)


def test_rows_may_have_more_or_fewer_columns_without_a_name(path):
    records, faults = rows(path, b'a,b,,\n1,2,,\n3,4\n5,"6,7",\n8\n9,10,,,,\n11,12,,,x\n')
    assert records == [(2, ("1", "2")), (3, ("3", "4")), (4, ("5", "6,7")), (6, ("9", "10"))]
    assert faults == [":5: 1 fields where the header has 4: '8'", ":7: 5 fields where the header has 4: '11,12,,,x'"]


def test_many_rows_without_the_empty_columns_stay_in_order(path, monkeypatch):
    monkeypatch.setattr(csv_reading, "BLOCK_BYTES", 512)
    lines = [f"{number},x" + ",," * (number % 3 != 0) for number in range(2, 502)]
    found, faults = rows(path, "\n".join(["a,b,,", *lines]).encode())
    assert faults == []
    assert found == [(number, (str(number), "x")) for number in range(2, 502)]


def test_values_that_are_not_utf_8_are_faults_with_backslashes_too(path):
    assert rows(path, b"a,b\n1,\xff\n2,3\n", escape="backslash") == (
        [(3, ("2", "3"))],
        [":2: b '\ufffd' is not in the encoding utf-8"],
    )
