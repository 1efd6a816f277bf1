from pathlib import Path

import pytest

from vitrine.errors import DataError
from vitrine.features.offers.attributes import BUILT_IN, Attributes
from vitrine.features.offers.changes import Changes, check_changes, read_changes, records_of

ATTRIBUTES = Attributes({**BUILT_IN, "badge": "text"})


def read(tmp_path: Path, text: str, **options: str) -> Changes:
    (tmp_path / "changes.csv").write_text(text)
    return read_changes(tmp_path / "changes.csv", ATTRIBUTES, **options)  # type: ignore[arg-type]


def test_empty_cells_change_nothing_and_null_withdraws(tmp_path: Path) -> None:
    changes = read(tmp_path, "product_id,price,stock,hidden,badge\na,9.5,,YES,new\nb,null,7,0,\n")
    assert changes.ids.to_pylist() == ["a", "b"]
    assert {name: values.to_pylist() for name, values in changes.values.items()} == {
        "price": [9.5, None], "stock": [None, 7], "hidden": [1, 0], "badge": ["new", None],
    }  # fmt: skip
    assert {name: mask.tolist() for name, mask in changes.given.items()} == {
        "price": [True, True], "stock": [False, True], "hidden": [True, True], "badge": [True, False],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("price\n1\n", "csv:1: column 'product_id' is missing"),
        ("product_id\na\n", "csv:1: there is no attribute to change; beside product_id there may be price, stock"),
        ("product_id,pric\na,1\n", "csv:1: column 'pric' is no attribute of an offer; there are price, stock"),
        ("product_id,price\na,1\nb,-1\n", "csv:3: price '-1' is not a decimal number from 0 to 1e15; it may also be"),
        ("product_id,price\na,nan\n", "csv:2: price 'nan' is not a decimal number"),
        ("product_id,price\na,1e16\n", "csv:2: price '1e16' is not a decimal number"),
        ("product_id,stock\na,1.5\n", "csv:2: stock '1.5' is not a whole number"),
        ("product_id,hidden\na,maybe\n", "csv:2: hidden 'maybe' is not one of 1, 0, true, false, yes, no"),
        ("product_id,price\n a,1\n", "csv:2: product_id ' a' has white space around it"),
        ("product_id,price\n,1\n", "csv:2: product_id '' is empty"),
        ("product_id,price\na,1\nb,1\na,2\n", "csv:4: product_id 'a' is in an earlier row, too"),
        ("product_id,price\na,1,2\n", "csv:2: 3 fields where the header has 2"),
        ("product_id,price\n", "csv: no row that can be used"),
    ],
)
def test_a_fault_is_named_by_row_column_and_value(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError) as raised:
        read(tmp_path, text)
    assert message in str(raised.value)


def test_invalid_rows_can_be_skipped(tmp_path: Path) -> None:
    changes = read(tmp_path, "product_id,price\na,1\nb,x\nc,3\na,4\n", on_error="skip")
    assert (changes.ids.to_pylist(), changes.rejected) == (["a", "c"], 2)
    assert [fault.row for fault in changes.faults] == [3, 5]


def test_rows_from_json_follow_the_same_rules() -> None:
    rows = [{"product_id": "a", "price": 9.99, "hidden": True}, {"product_id": "b", "price": None, "stock": 3.0}]
    changes = check_changes(records_of(rows, ATTRIBUTES), ATTRIBUTES)
    assert changes.values["price"].to_pylist() == [9.99, None]
    assert changes.values["stock"].to_pylist() == [None, 3]
    assert changes.given["hidden"].tolist() == [True, False]
    with pytest.raises(DataError, match=r"products:1: price 'x' is not"):
        check_changes(records_of([{"product_id": "a", "price": "x"}], ATTRIBUTES), ATTRIBUTES)
