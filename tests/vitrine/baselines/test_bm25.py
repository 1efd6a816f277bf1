import numpy as np
import pyarrow as pa
import pytest

from vitrine.baselines.bm25 import Bm25
from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT


def catalogue(*rows: dict[str, str]) -> pa.Table:
    columns = {name: [row.get(name, "") for row in rows] for name in (PRODUCT_ID, *PRODUCT_TEXT)}
    return pa.table(columns)


@pytest.fixture
def shop() -> Bm25:
    return Bm25(
        catalogue(
            {"product_id": "mug", "title": "Striped mug", "color": "red", "category": "kitchen"},
            {"product_id": "shoe", "title": "Running shoes", "description": "light shoes for the road"},
            {"product_id": "lamp", "title": "Desk lamp", "brand": "Lumo", "color": "red"},
            {"product_id": "blank"},
        )
    )


def test_terms_match_in_every_text_column_however_they_are_written(shop):
    assert shop.search(["RED mugs"], 10) == [["mug", "lamp"]]
    assert shop.search(["LUMO"], 10) == [["lamp"]]
    assert shop.search(["shoe"], 10) == [["shoe"]]


def test_pairs_get_the_score_of_the_whole_catalogue(shop):
    pairs = shop.score_pairs(["red mug", "shoe", "red mug"], ["lamp", "shoe", "mug"])
    assert pairs.dtype == np.float32
    assert pairs.tolist() == [shop.scores("red mug")[2], shop.scores("shoe")[1], shop.scores("red mug")[0]]
    assert pairs[2] > pairs[0] > 0


@pytest.mark.parametrize("query", ["", "   ", "the of and", "zzzz", "é", "红色"])
def test_a_query_without_known_terms_scores_zero(shop, query):
    assert not shop.scores(query).any()
    assert shop.search([query], 5) == [[]]


def test_a_product_outside_the_catalogue_scores_zero(shop):
    assert shop.score_pairs(["mug"], ["gone"]).tolist() == [0]
    assert shop.score_pairs([], []).shape == (0,)


def test_a_catalogue_without_a_word_is_searchable():
    assert Bm25(catalogue({"product_id": "a"}, {"product_id": "b"})).search(["mug"], 3) == [[]]
