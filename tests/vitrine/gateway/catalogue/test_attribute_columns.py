"""Laws of filters and facets of attributes over any values."""

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.attributes.cells import ARROW, read_cells
from vitrine.data.attributes.declaration import Attribute, Type
from vitrine.data.attributes.table import AttributeTable
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.schemas.facets import AttributeFacet
from vitrine.gateway.schemas.filters import Filters

WORDS = st.sampled_from(
    ["Café", "cafe\u0301", "café", "CAFÉ", "Straße", "STRASSE", "M", "m ", "Ⅷ", "viii", "x  y", "X Y"]
)
VALUES: dict[Type, st.SearchStrategy[Any]] = {
    "keyword": WORDS,
    "list": st.lists(WORDS, min_size=1, max_size=4),
    "number": st.floats(-1e15, 1e15) | st.integers(-3, 3).map(float),
    "boolean": st.booleans(),
    "time": st.integers(-62_135_596_800_000, 253_402_300_799_999),
}


def shop(values: list[Any], kind: Type, **declared: Any) -> ProductTable:
    """Return products whose attribute `x` has these values."""
    attribute = Attribute(type=kind, **declared)
    array = pa.array(values, pa.int64() if kind == "time" else ARROW[kind]).cast(ARROW[kind])
    table = pa.table({"product_id": [str(row) for row in range(len(values))]})
    return ProductTable(table, AttributeTable({"x": attribute}, {"x": pa.chunked_array([array])}))


def found(products: ProductTable, condition: object) -> list[int]:
    mask = products.mask(Filters.model_validate({"attributes": {"x": condition}}))
    assert mask is not None
    return mask.nonzero()[0].tolist()


def conditions(facet: AttributeFacet) -> list[tuple[object, int]]:
    """Return the filter of everything that a facet counts, and the count."""
    if facet.type == "boolean":
        return [(count.value == "true", count.count) for count in facet.values]
    of_values: list[tuple[object, int]] = [([count.value], count.count) for count in facet.values]
    return of_values + [({"min": part.min, "max": part.max}, part.count) for part in facet.histogram]


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_a_count_is_the_number_of_results_that_its_filter_finds(kind: Type, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=40))
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(values) - 1)))), np.int64)
    products = shop(values, kind)
    for counted in (None, rows):
        facet = products.facets(counted).attributes.get("x")
        within = range(len(values)) if counted is None else counted.tolist()
        known = [row for row in within if values[row] is not None]
        assert (facet is None) == (not known)
        for condition, count in conditions(facet) if facet else []:
            assert len(set(found(products, condition)) & set(within)) == count
        if facet and kind != "list":
            assert sum(count for _, count in conditions(facet)) == len(known)
        assert facet is None or len(facet.histogram) <= 10


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_an_order_has_every_known_value_once_and_rises(kind: Type, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=20))
    keys: list[Any] = list(shop(values, kind).sort_values(np.arange(len(values)), "x"))
    if kind == "list":
        assert keys == [None] * len(values)
        return
    assert [key is None for key in keys] == [value is None for value in values]
    if kind != "keyword":
        for first, second in pairwise(range(len(values))):
            if values[first] is not None and values[second] is not None:
                assert (values[first] < values[second]) == (keys[first] < keys[second])


def test_a_text_is_found_by_all_of_its_words() -> None:
    products = shop(["Hand wash only", "wash by machine", None], "text")
    assert found(products, ["WASH"]) == [0, 1]
    assert found(products, ["wash hand"]) == [0]
    assert found(products, ["was", "machine"]) == [1]
    assert found(products, ["-"]) == []
    assert products.facets().attributes == {}


def test_a_date_that_ends_a_range_counts_whole() -> None:
    times = read_cells(pa.array(["2026-11-29", "2026-11-30T23:59:59", "2026-12-01", None]), Attribute(type="time"))[0]
    products = shop(times.cast(pa.int64()).to_pylist(), "time")
    assert found(products, {"max": "2026-11-30"}) == [0, 1]
    assert found(products, {"min": "2026-11-30", "max": "2026-11-30"}) == [1]
    shown = [product["attributes"] for product in products.at([0, 1, 3])]
    assert shown == [{"x": "2026-11-29"}, {"x": "2026-11-30T23:59:59Z"}, {}]


def test_a_number_is_shown_with_its_unit_and_found_by_value() -> None:
    products = shop([8, 16.5, None], "number", unit="GB")
    product, _, unknown = products.at([0, 1, 2])
    assert (product["attributes"], product["units"]) == ({"x": 8}, {"x": "GB"})
    assert (unknown["attributes"], unknown["units"]) == ({}, {})
    assert found(products, [8, 9]) == [0]
    assert products.facets().attributes["x"].unit == "GB"


def test_values_of_offers_come_first_and_are_filtered_and_counted() -> None:
    offers = pa.table({"product_id": ["1", "x"], "x": [3.0, 4.0], "label": ["New!", None]})
    products = shop([1, 2], "number").with_offers(offers)
    assert found(products, {"min": 2}) == [1]
    assert [product["attributes"] for product in products.at([0, 1])] == [{"x": 1}, {"x": 3, "label": "New!"}]
    mask = products.mask(Filters.model_validate({"attributes": {"label": ["new!"]}}))
    assert mask is not None
    assert mask.tolist() == [False, True]
    assert products.offers_digest(Filters()) == ""
    assert products.offers_digest(Filters.model_validate({"attributes": {"x": {"min": 2}}}))


def test_an_offers_value_of_another_type_changes_nothing() -> None:
    products = shop([1, 2], "number").with_offers(pa.table({"product_id": ["1"], "x": ["many"]}))
    assert products.at([1])[0]["attributes"] == {"x": 2}


def test_one_currency_of_all_prices_is_that_of_the_facets() -> None:
    table = pa.table({"product_id": ["a", "b", "c"], "price": [1.0, 2.0, None]})
    products = ProductTable(table, AttributeTable(currency=pa.chunked_array([["EUR", "EUR", "USD"]])))
    assert products.facets().currency == "EUR"
    assert [product["currency"] for product in products.at([0, 2])] == ["EUR", "USD"]
    mixed = ProductTable(table, AttributeTable(currency=pa.chunked_array([["EUR", None, "USD"]])))
    assert mixed.facets().currency is None
