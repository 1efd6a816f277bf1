from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.packing import faults, pack
from vitrine.data.attributes.table import FILE, AttributeTable, read_attribute_table, write_attributes
from vitrine.errors import DataError
from vitrine.gateway.catalogue.product_table import ProductTable

DECLARED = {
    "size": Attribute(type="keyword"),
    "material": Attribute(type="list"),
    "weight": Attribute(type="number", unit="kg"),
    "released": Attribute(type="time", newest=True),
    "waterproof": Attribute(type="boolean"),
}
ROWS = pa.RecordBatch.from_pylist(
    [
        {"size": "M", "material": "wool|silk", "weight": "1.5", "released": "2026-11-30", "waterproof": "yes"},
        {"size": None, "material": None, "weight": None, "released": None, "waterproof": None},
        {"size": "L", "material": None, "weight": "-2", "released": None, "waterproof": "no"},
    ]
)
IDS = pa.chunked_array([["a", "b", "c"]])


def test_attributes_have_their_types_and_declarations_after_the_pipeline(tmp_path: Path) -> None:
    write_attributes(tmp_path, IDS, pa.chunked_array([pack(ROWS, DECLARED, "EUR")]), DECLARED)
    table = read_attribute_table(tmp_path)
    assert table.declared == DECLARED
    assert table.columns["size"].to_pylist() == ["M", None, "L"]
    assert table.columns["material"].to_pylist() == [["wool", "silk"], None, None]
    assert table.columns["weight"].to_pylist() == [1.5, None, -2.0]
    assert table.columns["waterproof"].to_pylist() == [True, None, False]
    assert table.currency is not None
    assert table.currency.to_pylist() == ["EUR"] * 3


def test_a_row_has_its_own_currency_first() -> None:
    batch = ROWS.append_column("currency", pa.array(["USD", None, " "]))
    packed = pack(batch, {}, "EUR").to_pylist()
    assert packed == ['{"currency": "USD"}', '{"currency": "EUR"}', '{"currency": "EUR"}']
    assert pack(batch.select(["currency"]), {}).to_pylist() == ['{"currency": "USD"}', None, None]


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**13).map(lambda cents: cents / 100)), min_size=1, max_size=8))
def test_every_price_keeps_its_cents(prices: list[float | None]) -> None:
    exact = pa.array(prices, pa.float64())
    products = pa.table(
        {"product_id": [str(row) for row in range(len(prices))], "price": exact.cast(pa.float32(), safe=False)}
    )
    packed = pack(pa.RecordBatch.from_arrays([exact], ["price"]), {})
    with TemporaryDirectory() as folder:
        write_attributes(Path(folder), products["product_id"], pa.chunked_array([packed]), {})
        attributes = read_attribute_table(Path(folder))
    shown = ProductTable(products, attributes).at(range(len(prices)))
    assert [product["price"] for product in shown] == prices


def test_short_prices_need_no_file(tmp_path: Path) -> None:
    packed = pack(pa.RecordBatch.from_pydict({"price": [131_071.99, None, 9.5]}), {})
    write_attributes(tmp_path, IDS, pa.chunked_array([packed]), {})
    assert not (tmp_path / FILE).exists()


def test_there_is_no_file_without_attributes(tmp_path: Path) -> None:
    write_attributes(tmp_path, IDS, None, {})
    write_attributes(tmp_path, IDS, pa.chunked_array([["", "", ""]]), {})
    assert not (tmp_path / FILE).exists()
    assert read_attribute_table(tmp_path) == AttributeTable()


def test_a_value_of_another_type_names_file_row_column_and_value() -> None:
    batch = ROWS.set_column(2, "weight", pa.array(["1.5", "heavy", "-2"]))
    (fault,) = faults(batch, DECLARED, Path("catalogue/a.csv"), 2)
    assert str(fault) == (
        "catalogue/a.csv:3: weight 'heavy' is not a decimal number from -1e15 to 1e15, in kg or with a unit that "
        "converts to it"
    )


def test_a_type_that_changed_on_the_way_is_an_error(tmp_path: Path) -> None:
    packed = pa.chunked_array([pack(ROWS, {"size": DECLARED["size"]})])
    with pytest.raises(DataError, match="product a: size 'M' is no number"):
        write_attributes(tmp_path, IDS, packed, {"size": Attribute(type="number")})


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no parquet")
    with pytest.raises(DataError, match="run the pipeline again"):
        read_attribute_table(tmp_path)
