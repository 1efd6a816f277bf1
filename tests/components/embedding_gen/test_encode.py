import hypothesis.strategies as st
import pyarrow as pa
from hypothesis import given

from components.embedding_gen.encode import ReadRows, distinct
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features


@given(st.lists(st.text("abc", max_size=2), min_size=1))
def test_distinct_keeps_the_first_row_of_each_id_in_order(ids: list[str]) -> None:
    rows = pa.record_batch({"id": pa.array(ids, pa.string()), "row": pa.array(range(len(ids)), pa.int64())})
    assert distinct(rows, "id")["row"].to_pylist() == [ids.index(key) for key in dict.fromkeys(ids)]


def test_a_batch_in_which_nothing_has_a_price_has_the_same_columns() -> None:
    def read(row: dict[str, object]) -> pa.RecordBatch:
        schema = pa.schema([(name, pa.float32() if name == columns.PRICE else pa.string()) for name in row])
        (rows,) = ReadRows("products").process(as_features(pa.RecordBatch.from_pylist([row], schema)))
        return rows

    with_price = read({"product_id": "1", "price": 2.5})
    without, bare = read({"product_id": "2", "price": None}), read({"product_id": "3"})
    assert with_price.schema == without.schema == bare.schema
    assert [rows["price"].to_pylist() for rows in (with_price, without, bare)] == [[2.5], [None], [None]]
