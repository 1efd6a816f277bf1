import pyarrow as pa
import pytest

from vitrine.text.windows_1252 import repair_windows_1252


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Men\x92s mug \x96 5\x80 off", "Men’s mug – 5€ off"),
        ("a\x85b \x99", "a…b ™"),
        ("17 ounces\xe2\x80\x94allows", "17 ounces—allows"),
        ("Saut\x92\xdb caf\xe9", "Saut’Û café"),
        ("no\x81thing", "no thing"),
        ("café ☕ – whole", "café ☕ – whole"),
    ],
)
def test_the_characters_that_were_meant_replace_c1_controls(read, meant):
    assert repair_windows_1252(pa.chunked_array([[read, "mug"]])).to_pylist() == [meant, "mug"]


def test_a_column_without_rows_stays_one():
    assert repair_windows_1252(pa.chunked_array([], pa.string())).to_pylist() == []
