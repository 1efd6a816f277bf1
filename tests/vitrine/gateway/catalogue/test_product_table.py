import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from vitrine.errors import DataError
from vitrine.gateway.catalogue.product_row import own_category
from vitrine.gateway.catalogue.product_table import ProductTable, pack_mask
from vitrine.gateway.schemas.filters import Filters

TABLE = pa.table(
    {
        "product_id": ["a", "b", "c", "d"],
        "title": ["One", None, "Three", "Four"],
        "brand": ["Avelo", "avelo", "", None],
        "color": ["sunshine yellow", "yellow", "navy blue", ""],
        "category": ["mug", "mug", "bag", "bag"],
        "price": pa.array([9.99, None, 20, 5], pa.float32()),
    }
)


@pytest.fixture
def products() -> ProductTable:
    return ProductTable(TABLE)


def allowed(products: ProductTable, **filters: object) -> list[str]:
    mask = products.mask(Filters.model_validate(filters))
    assert mask is not None
    return [product_id for product_id, keep in zip(products.ids.to_pylist(), mask, strict=True) if keep]


def test_texts_are_never_null_and_an_unknown_price_is_none(products: ProductTable) -> None:
    assert products.at([1])[0] == {
        "product_id": "b", "title": "", "description": "", "brand": "avelo", "color": "yellow", "category": "mug",
        "image": "", "category_predicted": False, "price": None, "stock": None, "popularity": None, "attributes": {},
        "currency": None, "units": {},
    }  # fmt: skip
    assert products.at([0])[0]["price"] == 9.99


def test_rows_come_in_any_order_and_unknown_ids_have_none(products: ProductTable) -> None:
    assert products.rows(["d", "x", "a"]).tolist() == [3, -1, 0]
    assert [product["product_id"] for product in products.at([3, 0])] == ["d", "a"]
    assert products.row("x") is None


def test_no_filter_allows_everything(products: ProductTable) -> None:
    assert products.mask(Filters()) is None
    assert pack_mask(None) == b""


def test_values_are_alternatives_in_any_case_and_fields_must_all_hold(products: ProductTable) -> None:
    assert allowed(products, brand=["AVELO"]) == ["a", "b"]
    assert allowed(products, category=["mug", "bag"]) == ["a", "b", "c", "d"]
    assert allowed(products, category=["mug"], color=["sunshine yellow"]) == ["a"]


def test_a_category_is_found_at_its_level_and_below() -> None:
    categories = ["Kitchen > Mugs", "kitchen>bowls", "Kitchenware", ""]
    products = ProductTable(TABLE.set_column(4, "category", pa.array(categories)))
    assert allowed(products, category=["kitchen"]) == ["a", "b"]
    assert allowed(products, category=["Kitchen >  Bowls"]) == ["b"]
    assert allowed(products, category=["Mugs"]) == allowed(products, category=[">"]) == []


def test_a_likely_predicted_category_is_that_of_a_product_without_one() -> None:
    table = TABLE.set_column(4, "category", pa.array(["mug", "", "", None]))
    table = table.append_column("category_predicted", pa.array([None, "bag", "bag", None]))
    table = table.append_column("category_probability", pa.array([None, 0.9, 0.4, None], pa.float32()))
    products = ProductTable(table)
    shown = [(product["category"], product["category_predicted"]) for product in products.at([0, 1, 2, 3])]
    assert shown == [("mug", False), ("bag", True), ("", False), ("", False)]
    assert [own_category(product) for product in products.at([0, 1])] == ["mug", ""]
    assert allowed(products, category=["bag"]) == ["b"]
    assert {count.value: count.count for count in products.facets().category} == {"mug": 1, "bag": 1}
    assert "bag" not in products.texts().to_pylist()  # nobody wrote it


def test_a_colour_is_found_in_a_longer_name(products: ProductTable) -> None:
    assert allowed(products, color=["Yellow"]) == ["a", "b"]
    assert allowed(products, color=["sun"]) == []


def test_a_price_range_leaves_out_products_without_a_price(products: ProductTable) -> None:
    assert allowed(products, price_min=0) == ["a", "c", "d"]
    assert allowed(products, price_min=5, price_max=9.99) == ["a", "d"]


def test_facets_count_values_that_are_there(products: ProductTable) -> None:
    facets = products.facets()
    assert [(count.value, count.count) for count in facets.category] == [("mug", 2), ("bag", 2)]
    assert [(count.value, count.count) for count in facets.brand if count.value.casefold() == "avelo"] == [("avelo", 2)]
    assert (facets.price_min, facets.price_max) == (5.0, 20.0)
    some = products.facets(np.array([1]))
    assert [(count.value, count.count) for count in some.color] == [("yellow", 1)]
    assert some.price_min is None


def test_the_parts_of_the_price_histogram_are_filters_that_find_as_many(products: ProductTable) -> None:
    many = ProductTable(pa.table({"product_id": list(map(str, range(40))), "price": [0.1 * row for row in range(40)]}))
    for table, parts in ((products, 3), (many, 10)):
        bins = table.facets().price_histogram
        assert len(bins) == parts
        assert [len(allowed(table, price_min=each.min, price_max=each.max)) for each in bins] == [
            each.count for each in bins
        ]
    assert products.facets(np.array([1])).price_histogram == []


@given(st.lists(st.booleans(), min_size=1, max_size=100))
def test_bits_are_what_the_graph_unpacks(mask: list[bool]) -> None:
    import tensorflow as tf

    from vitrine.search.index.filter_mask import unpack

    unpacked = unpack(tf.constant([pack_mask(np.array(mask))]), len(mask))
    assert unpacked.rows.numpy().tolist() == np.flatnonzero(mask).tolist()
    assert unpacked.allows(tf.range(len(mask))[None]).numpy()[0].tolist() == mask


def test_a_file_without_the_columns_says_what_to_do(tmp_path) -> None:
    path = tmp_path / "vectors.parquet"
    with pytest.raises(DataError, match="run the pipeline again"):
        ProductTable.read(path)
    parquet.write_table(pa.table({"title": ["x"]}), path)
    with pytest.raises(DataError, match="has no column product_id"):
        ProductTable.read(path)


def test_many_products_are_filtered_as_few_are() -> None:
    rng = np.random.default_rng(0)
    count = 20_000
    table = pa.table(
        {
            "product_id": [str(number) for number in range(count)],
            "brand": rng.choice([f"brand {number}" for number in range(500)], count),
            "color": rng.choice(["navy blue", "blue", "red"], count),
        }
    )
    mask = ProductTable(table).mask(Filters(brand=["Brand 7", "brand 8"], color=["blue"]))
    rows = table.select(["brand", "color"]).to_pylist()
    assert mask is not None
    assert mask.tolist() == [row["brand"] in ("brand 7", "brand 8") and "blue" in row["color"] for row in rows]
    assert 0 < mask.sum() < count


def table_of(**columns: list[object]) -> ProductTable:
    count = len(next(iter(columns.values())))
    return ProductTable(pa.table({"product_id": [str(row) for row in range(count)], **columns}))


WRITTEN = [
    "red",
    "RED",
    "red/white",
    "Red, Blue",
    "Black & Red",
    "dark-red",
    "red|gold",
    "Multicolour (red, green)",
    "bored",
]


def test_a_colour_is_found_however_it_is_written_among_others() -> None:
    products = table_of(color=WRITTEN)
    assert allowed(products, color=["Red"]) == [str(row) for row in range(8)]
    assert allowed(products, color=["white"]) == ["2"]
    assert allowed(products, color=["RED-WHITE"]) == ["2"]
    assert allowed(products, color=["/"]) == []


def test_values_that_a_filter_does_not_tell_apart_are_one_value_of_the_facet() -> None:
    written = [
        "Kestrand",
        "KESTRAND",
        "kestrand",
        "Kestrand",
        "Lo\u0308we",
        "L\u00f6we",
        "L\u00d6WE ",
        "STRASSE",
        "Stra\u00dfe",
    ]
    products = table_of(brand=written)
    counts = {count.value: count.count for count in products.facets().brand}
    assert counts["Kestrand"] == 4
    assert sorted(counts.values()) == [2, 3, 4]
    for value, count in counts.items():
        assert len(allowed(products, brand=[value])) == count


@given(st.lists(st.sampled_from([*WRITTEN, "", "Red", "white", "Kitchen > Mugs", "kitchen", "-"]), min_size=1))
def test_a_count_of_a_facet_is_what_its_filter_finds(values: list[str]) -> None:
    for name in ("brand", "color", "category"):
        products = table_of(**{name: values})
        for count in getattr(products.facets(), name):
            assert len(allowed(products, **{name: [count.value]})) == count.count, name


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
@pytest.mark.parametrize("price", [0.1, 19.99, 1234.56, 99999.95, 131071.99])
def test_a_price_is_found_at_itself_to_the_cent(kind: pa.DataType, price: float) -> None:
    products = table_of(price=pa.array([price], kind))
    assert products.at([0])[0]["price"] == price
    assert allowed(products, price_min=price, price_max=price) == ["0"]
    assert allowed(products, price_min=price + 0.01) == []


@pytest.mark.parametrize("price", [149999.99, 1234567.89, 16777217.0, 34990001.0])
def test_large_prices_of_an_index_in_double_precision_are_exact(price: float) -> None:
    products = table_of(price=[price])
    assert products.at([0])[0]["price"] == price
    assert allowed(products, price_min=price, price_max=price) == ["0"]
    assert allowed(products, price_max=price - 0.01) == []
