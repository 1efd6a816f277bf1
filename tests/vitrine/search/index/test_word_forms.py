"""Tests of the search of a German catalogue by other forms of its words."""

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from vitrine.search.index.given_words import given_scores
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.index.word_forms import NO_FORMS, FormTable, word_forms
from vitrine.search.products import Products
from vitrine.search.settings import LexicalSettings

TITLES = [
    "Tasse aus Porzellan mit Henkel", "Tassen für die Küche", "Stühle und ein Tisch", "Lampe mit Schirm aus Holz",
]  # fmt: skip


def catalogue(titles: list[str]) -> Products:
    table = pa.table({"product_id": [f"p{row}" for row in range(len(titles))], "title": titles})
    present = np.ones(len(titles), bool)
    return Products.of(table, np.ones((len(titles), 2), np.float32), None, present, ~present)


@pytest.fixture(scope="module")
def index():
    return build_lexical_index(catalogue(TITLES), LexicalSettings())


@pytest.mark.parametrize(
    ("query", "found"),
    [("tasse", {0, 1}), ("Tassen", {0, 1}), ("Stuhl", {2}), ("tische", {2}), ("lampen", {3}), ("Tasse Tassen", {0, 1})],
)
def test_products_are_found_by_every_form(index, query, found):
    words = index.statistics.find(tf.constant([query]))
    assert set(index.best(words[0], 4).numpy()) - {-1} == found


def test_a_word_counts_once_in_all_its_forms(index):
    both, single = (index.statistics.find(tf.constant([query])) for query in ("Tasse Tassen", "Tasse"))
    rows = tf.constant([[0, 1, 2, 3]])
    np.testing.assert_array_equal(index.scores(both, rows).lexical, index.scores(single, rows).lexical)


def test_given_products_are_scored_like_stored_ones(index):
    words = index.statistics.find(tf.constant(["Stuhl und Tasse"] * len(TITLES)))
    texts = {name: tf.constant(TITLES if name == "title" else [""] * len(TITLES))
             for name in ("title", "description", "brand", "color", "category")}  # fmt: skip
    given = given_scores(index.statistics, words, texts)
    stored = index.scores(words, tf.constant([[row] for row in range(len(TITLES))]))
    np.testing.assert_allclose(given.lexical, stored.lexical[:, 0])
    np.testing.assert_allclose(given.coverage, stored.coverage[:, 0])


def test_an_english_catalogue_has_no_table():
    assert word_forms(catalogue(["A mug with the lid", "The lamp for a home"]), ["title"]) is NO_FORMS


def test_the_graph_resolves_as_arrays_do():
    forms = word_forms(catalogue(TITLES), ["title"])
    ids = np.array([[forms.forms[0], 5], [forms.forms[-1], forms.words[0]]])
    np.testing.assert_array_equal(FormTable(forms).resolve(tf.constant(ids)), forms.resolve(ids))
    assert forms.resolve(ids)[0, 0] == forms.words[0]


def test_queries_are_spelled_as_the_catalogue_does():
    table = FormTable(word_forms(catalogue(TITLES), ["title"]))
    queries = ["rote Stuhl, LAMPEN!", "", "Schirm 450ml", "Stuhl"]
    expected = ["rote stühle lampe", "", "Schirm 450ml", "stühle"]
    assert [text.decode() for text in table.respelled(tf.constant(queries)).numpy()] == expected
    assert FormTable(NO_FORMS).respelled(tf.constant(queries)).numpy().tolist() == [q.encode() for q in queries]
