"""The phrases of a catalogue: what its products are called, and queries of words that it has."""

import pyarrow as pa

from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.suggesting.phrases import KINDS, Phrases, indexed_phrases
from vitrine.text.inflection import Vocabulary

TABLE = pa.table(
    {
        "product_id": ["a", "b", "c", "d"],
        "title": ["Red mug", "Blue mug with a lid", "Canvas bag", "Canvas bag"],
        "brand": ["Mugsworth", "mugsworth", "Cirrus", "Mugsworth"],
        "category": ["Kitchen > Mugs", "Kitchen>Mugs", "Bags", ""],
    }
)


def phrases(queries: dict[str, int], rewrites: tuple[str, ...] = (), offers: pa.Table | None = None) -> Phrases:
    products = ProductTable(TABLE)
    searched = pa.table(
        {
            "query": pa.array(list(queries), pa.string()),
            "rewrite": pa.array(rewrites or [""] * len(queries), pa.string()),
            "users": pa.array(list(queries.values()), pa.int64()),
        }
    )
    terms = Vocabulary.of(products.texts()).terms
    return indexed_phrases(products.with_offers(offers) if offers else products, terms, searched)


def suggested(found: Phrases, typed: str) -> list[tuple[str, str]]:
    return [(found.texts[number].as_py(), KINDS[found.kinds[number]]) for number in found.index.complete(typed, 10)]


def test_queries_come_first_then_categories_brands_and_titles() -> None:
    found = phrases({"mugs with a lid": 9, "blue mugs": 3})
    assert suggested(found, "mugs") == [
        ("mugs with a lid", "query"), ("Mugs", "category"), ("Mugsworth", "brand"), ("blue mugs", "query"),
    ]  # fmt: skip
    assert suggested(found, "canvas") == [("Canvas bag", "product")]  # two products of one title


def test_each_level_of_a_category_is_suggested() -> None:
    assert suggested(phrases({}), "kit") == [("Kitchen", "category")]


def test_a_query_needs_words_that_the_catalogue_has_or_a_rewrite_that_does() -> None:
    found = phrases({"muggs of john smith": 50, "red mgu": 20, "red mugs for the bag": 10}, ("", "red mug", ""))
    texts = found.texts.to_pylist()
    assert "muggs of john smith" not in texts
    assert "red mgu" not in texts
    assert suggested(found, "red mug") == [("red mug", "query"), ("red mugs for the bag", "query")]


def test_hidden_products_and_what_only_they_have_are_not_suggested() -> None:
    found = phrases({}, offers=pa.table({"product_id": ["c", "d"], "hidden": [1, 1]}))
    assert suggested(found, "canvas") == suggested(found, "bags") == suggested(found, "cirrus") == []


def test_popular_products_come_before_others_and_short_titles_before_long_ones() -> None:
    assert suggested(phrases({}), "mug")[-2:] == [("Red mug", "product"), ("Blue mug with a lid", "product")]
    popular = phrases({}, offers=pa.table({"product_id": ["b"], "popularity": [12.0]}))
    assert suggested(popular, "mug")[-2:] == [("Blue mug with a lid", "product"), ("Red mug", "product")]


def test_a_product_has_its_row() -> None:
    found = phrases({})
    assert found.rows[found.texts.to_pylist().index("Blue mug with a lid")] == 1
    assert found.rows[found.texts.to_pylist().index("Mugs")] == -1


def test_titles_that_are_codes_are_not_suggested() -> None:
    table = TABLE.set_column(1, "title", pa.array(["TRA-984", "Tray 12", "Tripod", "Canvas bag"]))
    products = ProductTable(table)
    searched = pa.table({name: pa.array([], pa.string()) for name in ("query", "rewrite")})
    found = indexed_phrases(products, frozenset(), searched.append_column("users", pa.array([], pa.int64())))
    assert suggested(found, "tr") == [("Tripod", "product"), ("Tray 12", "product")]
    assert found.rows[found.texts.to_pylist().index("Tripod")] == 2
