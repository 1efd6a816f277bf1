"""Tests of the lexical index against BM25F in plain Python."""

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.search.index.given_words import given_scores
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.index.postings import BLOCK, LEVELS, build_postings, indexed_fields
from vitrine.search.index.word_statistics import WordStatistics
from vitrine.search.products import Products
from vitrine.search.settings import LexicalSettings

WORDS = ("red", "mug", "lamp", "tall", "oak", "jug")
LEXICAL = LexicalSettings(fields={"title": 3.0, "description": 1.0})
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
catalogues = st.lists(st.tuples(texts, texts), min_size=1, max_size=12)
queries = st.lists(st.sampled_from((*WORDS, "unseen")), max_size=5).map(" ".join)


def catalogue(rows):
    table = pa.table({
        "product_id": [f"p{row}" for row in range(len(rows))],
        "title": [title for title, _ in rows],
        "description": [description for _, description in rows],
    })  # fmt: skip
    present = np.ones(len(rows), bool)
    return Products.of(table, np.ones((len(rows), 2), np.float32), None, present, ~present)


def indexed(rows, longest=65_536):
    postings = build_postings(catalogue(rows), LEXICAL)
    return LexicalIndex(postings, WordStatistics(postings, LEXICAL), longest)


def expected_scores(rows, query):
    """Return the score of each product by the formula, without the rounding of postings."""
    fields = [[fields[place].split() for fields in rows] for place in range(2)]
    scores = np.zeros(len(rows))
    for word in set(query.split()):
        containing = sum(any(word in field[row] for field in fields) for row in range(len(rows)))
        idf = math.log1p((len(rows) - containing + 0.5) / (containing + 0.5))
        for row in range(len(rows)):
            total = 0.0
            for field, weight in zip(fields, (3.0, 1.0), strict=True):
                lengths = [len(words) for words in field if words]
                mean = sum(lengths) / len(lengths) if lengths else 1.0
                norm = 1 - LEXICAL.b + LEXICAL.b * len(field[row]) / mean
                total += weight * Counter(field[row])[word] / norm
            scores[row] += idf * total / (LEXICAL.k1 + total) if containing else 0.0
    return scores


def scored(index, query, rows):
    words = index.statistics.find(tf.constant([query]))
    return index.scores(words, tf.constant([rows], tf.int32)).lexical.numpy()[0]


def covered(index, query, rows):
    words = index.statistics.find(tf.constant([query]))
    return index.scores(words, tf.constant([rows], tf.int32)).coverage.numpy()[0]


def found(index, query, count, octets=None):
    rows = index.best(index.statistics.find(tf.constant([query]))[0], count, octets).numpy()
    return rows[rows != NO_ROW].tolist()


@settings(max_examples=40, deadline=None)
@given(catalogues, queries)
def test_scores_are_those_of_bm25f(rows, query):
    expected = expected_scores(rows, query)
    rounding = len(set(query.split())) * math.log1p(len(rows) + 0.5) / LEVELS
    index = indexed(rows)
    scores = scored(index, query, [*range(len(rows))])
    np.testing.assert_allclose(scores, expected, atol=rounding + 1e-5)
    assert set(found(index, query, len(rows))) == set(np.flatnonzero(expected).tolist())
    assert np.all(np.diff(scores[found(index, query, len(rows))]) <= 1e-5)


@settings(max_examples=25, deadline=None)
@given(catalogues, queries)
def test_given_texts_have_the_scores_of_postings(rows, query):
    index = indexed(rows)
    words = tf.repeat(index.statistics.find(tf.constant([query])), len(rows), axis=0)
    titles, descriptions = (tf.constant([fields[place] for fields in rows]) for place in range(2))
    computed = given_scores(index.statistics, words, {"title": titles, "description": descriptions})
    # A saturation between two levels may be rounded either way.
    np.testing.assert_allclose(computed.lexical, scored(index, query, [*range(len(rows))]), atol=2 * 2.5 / LEVELS)
    np.testing.assert_allclose(computed.coverage, covered(index, query, [*range(len(rows))]), atol=1e-6)


ROWS = [("red mug", ""), ("red lamp", "tall red lamp"), ("", "red oak"), ("", ""), ("mug x900", "")]


def test_no_word_and_unknown_words_find_nothing():
    index = indexed(ROWS)
    for query in ("", "   ", "unseen", "!?"):
        assert found(index, query, 5) == []
        assert scored(index, query, [0, 1, 2, 3, 4]).tolist() == [0] * 5


def test_a_repeated_word_counts_once():
    index = indexed(ROWS)
    assert scored(index, "red red mug", [0, 1]).tolist() == scored(index, "red mug", [0, 1]).tolist()


def test_coverage_is_the_share_of_the_rarity_of_the_words_that_a_product_has():
    index = indexed(ROWS)
    none, some, all_words = covered(index, "red mug", [3, 1, 0])
    assert (none, all_words) == (0, 1)
    assert 0 < some < 0.5  # of both words, red is in more products
    assert covered(index, "mug", [0, 4]).tolist() == [1, 1]


def test_a_title_counts_more_than_a_description():
    first, second = found(indexed([("oak lamp", "tall"), ("tall lamp", "oak")]), "oak", 2)
    assert (first, second) == (0, 1)


def test_a_filter_leaves_out_what_it_does_not_allow():
    index = indexed(ROWS)
    allowed = np.packbits([0, 1, 1, 1, 1], bitorder="little")
    assert set(found(index, "red mug", 5)) == {0, 1, 2, 4}
    assert set(found(index, "red mug", 5, tf.constant(allowed))) == {1, 2, 4}


def test_of_a_frequent_word_the_best_postings_are_read_and_scores_stay():
    rows = [(f"red {'tall ' * (row % 7)}", "") for row in range(40)] + [("mug", "")] * 3
    whole, cut = indexed(rows), indexed(rows, longest=6)
    assert found(cut, "red", 6) == found(whole, "red", 6)
    assert len(found(cut, "red", 43)) == 6
    assert len(found(cut, "mug", 43)) == 3
    everything = [*range(len(rows))]
    assert scored(cut, "red mug tall", everything).tolist() == scored(whole, "red mug tall", everything).tolist()


def test_a_catalogue_without_words_is_indexed():
    index = indexed([("", ""), ("!", "?")])
    assert found(index, "red", 2) == []
    assert scored(index, "red", [0, 1]).tolist() == [0, 0]


def test_rows_of_several_queries_are_scored_at_once():
    index = indexed(ROWS)
    words = index.statistics.find(tf.constant(["red mug", "x900"]))
    scores = index.scores(words, tf.constant([[0, NO_ROW, 4], [4, 0, 1]])).lexical.numpy()
    assert scores[0, [0, 2]].tolist() == scored(index, "red mug", [0, 4]).tolist()
    assert scores[1].tolist() == scored(index, "x900", [4, 0, 1]).tolist()


def test_fields_without_weight_are_left_out():
    assert indexed_fields(LexicalSettings(fields={"title": 1.0, "brand": 0.0})) == {"title": 1.0}


@pytest.mark.parametrize("name", ["rows", "saturation"])
def test_postings_are_in_order_of_words_and_rows(name):
    postings = build_postings(catalogue(ROWS), LEXICAL)
    assert len(getattr(postings, name)) == postings.starts[-1]
    assert np.all(np.diff(postings.words) > 0)
    for start, end in zip(postings.starts, postings.starts[1:], strict=False):
        assert np.all(np.diff(postings.rows[start:end]) > 0)


def test_postings_of_several_blocks_are_joined_by_word():
    rows = [("red mug" if row % 2 else "lamp", "oak" if row == BLOCK else "") for row in range(BLOCK + 3)]
    postings = build_postings(catalogue(rows), LEXICAL)
    found = [part.tolist() for part in np.split(postings.rows, postings.starts[1:-1])]
    odd, even = [*range(1, BLOCK + 3, 2)], [*range(0, BLOCK + 3, 2)]
    assert sorted(found) == sorted([odd, odd, even, [BLOCK]])
    assert len(postings.words) == len(set(postings.words)) == 4
    assert (postings.saturation > 0).all()
