import bm25s
import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from bm25s.stopwords import STOPWORDS_EN
from hypothesis import given

from vitrine.baselines.bm25 import Bm25
from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT
from vitrine.text.analysis import analyse


def catalogue(*rows: dict[str, str]) -> pa.Table:
    columns = {name: [row.get(name, "") for row in rows] for name in (PRODUCT_ID, *PRODUCT_TEXT)}
    return pa.table(columns)


UNKNOWN = ["", "   ", "the of and", "zzzz", "é", "红色"]
PRODUCTS = catalogue(
    {"product_id": "mug", "title": "Striped mug", "color": "red", "category": "kitchen"},
    {"product_id": "shoe", "title": "Running shoes", "description": "light shoes for the road"},
    {"product_id": "lamp", "title": "Desk lamp", "brand": "Lumo", "color": "red"},
    {"product_id": "blank"},
)


@pytest.fixture
def shop() -> Bm25:
    return Bm25(PRODUCTS, ["RED mugs", "LUMO", "shoe", "red mug", "mug", *UNKNOWN])


def test_terms_match_in_every_text_column_however_they_are_written(shop):
    assert shop.search(["RED mugs"], 10) == [["mug", "lamp"]]
    assert shop.search(["LUMO"], 10) == [["lamp"]]
    assert shop.search(["shoe"], 10) == [["shoe"]]


def test_pairs_get_the_score_of_the_whole_catalogue(shop):
    pairs = shop.score_pairs(["red mug", "shoe", "red mug"], ["lamp", "shoe", "mug"])
    assert pairs.dtype == np.float32
    assert pairs.tolist() == [shop.scores("red mug")[2], shop.scores("shoe")[1], shop.scores("red mug")[0]]
    assert pairs[2] > pairs[0] > 0


@pytest.mark.parametrize("query", UNKNOWN)
def test_a_query_without_known_terms_scores_zero(shop, query):
    assert not shop.scores(query).any()
    assert shop.search([query], 5) == [[]]


def test_a_product_outside_the_catalogue_scores_zero(shop):
    assert shop.score_pairs(["mug"], ["gone"]).tolist() == [0]
    assert shop.score_pairs([], []).shape == (0,)


def test_a_catalogue_without_a_word_is_searchable():
    assert Bm25(catalogue({"product_id": "a"}, {"product_id": "b"}), ["mug"]).search(["mug"], 3) == [[]]


def test_a_query_that_the_products_were_not_indexed_for_is_refused(shop):
    with pytest.raises(ValueError, match="not indexed for the query 'desk'"):
        shop.scores("desk")


WORDS = st.sampled_from(["the", "red", "mug", "mugs", "shoe", "lamp", "5cm", "of"])


@given(st.lists(st.lists(WORDS, max_size=6), min_size=1))
def test_scores_are_those_of_an_index_of_all_terms(texts):
    products = catalogue(*({"product_id": str(row), "title": " ".join(text)} for row, text in enumerate(texts)))
    queries = ["red mug", "the mugs", "lamp 5cm lamp", "shoe chair"]
    shop, whole = Bm25(products, queries), bm25s.BM25()
    terms = [[term for term in analyse(f"{' '.join(text)} . .") if term not in STOPWORDS_EN] for text in texts]
    if not any(terms):
        return
    whole.index(terms, show_progress=False)
    for query in queries:
        known = [term for term in analyse(query) if term in whole.vocab_dict and term not in STOPWORDS_EN]
        expected = whole.get_scores(known) if known else np.zeros(len(texts), np.float32)
        assert shop.scores(query).tolist() == expected.tolist()


def test_words_match_in_the_forms_of_the_catalogues_language():
    titles = ["Blaue Tasse für den Tee", "Stuhl aus Holz mit Lehne", "Lampe für das Bad", "Tisch und Stühle für Kinder"]
    shop = Bm25(catalogue(*({"product_id": str(row), "title": title} for row, title in enumerate(titles))), ["Tassen"])
    assert shop.search(["Tassen"], 3) == [["0"]]


def test_a_form_that_only_the_catalogue_has_is_found_by_its_word():
    titles = ["Tassen für den Tee", "Tasse und Untertasse mit Henkel", "Tasse aus Glas für den Kaffee", "Lampe"]
    shop = Bm25(catalogue(*({"product_id": str(row), "title": title} for row, title in enumerate(titles))), ["Tasse"])
    assert sorted(shop.search(["Tasse"], 4)[0]) == ["0", "1", "2"]
