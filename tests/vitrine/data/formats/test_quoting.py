import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv as arrow_csv

from vitrine.data.formats import quoting
from vitrine.data.formats.quoting import AFTER, ESCAPED, OPEN, ROWS, find_quote_faults


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("quoting") / "a.csv"


def faults(path, text: str, columns: int = 3, delimiter: str = ",") -> list[tuple]:
    path.write_text(text, encoding="utf-8", newline="")
    return [tuple(fault) for fault in find_quote_faults(path, delimiter, columns)]


HEADER = "id,title,text\n"


def test_quoted_values_with_delimiters_quotes_and_line_breaks_are_sound(path):
    text = HEADER + 'a1,"red, ""soft"" mug","one\ntwo, three\r\nfour"\na2,"",""""\na3,24" rug," "\n'
    assert faults(path, text) == []


def test_a_quote_at_the_start_of_a_value_does_not_hide_the_rows_up_to_the_next_quote(path):
    rows = 'a1,mug,x\na2,"Nordlys scarf,x\na3,mug,x\na4,mug,x\na5,"Fjell scarf,x\na6,mug,x\n'
    assert faults(path, HEADER + rows) == [(3, 3, 6, AFTER)]


def test_text_after_a_closing_quote_is_a_fault_on_one_line_too(path):
    assert faults(path, HEADER + '5,"Profi" kettle,x\n') == [(2, 2, 2, AFTER)]


def test_spaces_after_a_closing_quote_are_no_text(path):
    assert faults(path, HEADER + '5,"kettle"  ,"x" \n') == []


def test_rows_between_the_quotes_of_two_values_are_a_fault_though_the_quotes_match(path):
    rows = 'a2,"Nordlys scarf,x\na3,mug,x\na4,rug 24",x\n'
    assert faults(path, HEADER + rows) == [(2, 2, 4, ROWS)]
    assert faults(path, HEADER.replace(",", "\t") + rows.replace(",", "\t"), delimiter="\t") == [(2, 2, 4, ROWS)]


@pytest.mark.parametrize("text", ["warm, soft\nSoft, light", "warm\nred, blue, green", "one\n\ntwo", "a b,c\nd e,f"])
def test_prose_in_lines_is_no_row(path, text):
    assert faults(path, f'{HEADER}a1,"{text}",x\na2,mug,"{text}"\n') == []


def test_a_quote_that_is_never_closed_is_a_fault(path):
    assert faults(path, HEADER + 'a1,mug,x\na2,"mug,x\na3,mug,x\n') == [(3, 3, 4, OPEN)]


def test_a_backslash_before_a_quote_is_told_from_stray_quotes(path):
    assert faults(path, HEADER + 'a1,"24\\" rug, wool",x\n') == [(2, 2, 2, ESCAPED)]


def test_rows_are_counted_as_records_and_lines_as_lines(path):
    assert faults(path, HEADER + 'a1,"one\ntwo",x\na2,"mug" y,x\n') == [(3, 4, 4, AFTER)]


def test_blocks_may_end_anywhere(path, monkeypatch):
    text = HEADER + 'a1,"one\ntwo ""three""",x\r\na2,"mug" y,x\na3,24" rug,""\na4,"x,y\na5,z 5",y\n'
    expected = faults(path, text)
    assert [fault[0] for fault in expected] == [3, 5]
    for size in range(1, len(text)):
        monkeypatch.setattr(quoting, "BLOCK_BYTES", size)
        assert faults(path, text) == expected


@given(st.text('ab", \n', max_size=40), st.integers(1, 12))
@settings(max_examples=200)
def test_files_without_a_fault_are_read_as_by_a_strict_parser(path, text, size):
    text = f"a,b\n{text}"
    before, quoting.BLOCK_BYTES = quoting.BLOCK_BYTES, size
    try:
        found = faults(path, text, columns=2)
    finally:
        quoting.BLOCK_BYTES = before
    if found:
        return
    parsing = arrow_csv.ParseOptions(
        newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=lambda _: "skip"
    )
    converting = arrow_csv.ConvertOptions(column_types={"a": pa.string(), "b": pa.string()})
    try:
        table = arrow_csv.read_csv(io.BytesIO(text.encode()), parse_options=parsing, convert_options=converting)
    except pa.ArrowInvalid:  # a header and nothing else
        return
    parsed = [tuple(row.values()) for row in table.to_pylist()]
    rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), skipinitialspace=False)]
    assert [row for row in parsed if row != ("", "")] == [row for row in rows[1:] if len(row) == 2 and any(row)]
