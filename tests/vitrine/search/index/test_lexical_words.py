import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.search.index.lexical_words import column_ids, query_ids, word_ids
from vitrine.text.graph_words import PADDING

TEXTS = ["Red mugs, 450 ml", "", "WH-1000XM4", "   ", "t-shirt t shirt tshirt", "x " * 400, "ＲＥＤ ｍｕｇ"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=5))
def test_columns_have_the_words_of_the_graph(texts):
    ids = column_ids(np.array(texts, object), 8)
    np.testing.assert_array_equal(ids, word_ids(tf.constant(texts), 8).numpy())


def test_texts_of_any_length_have_the_words_of_the_graph():
    for limit in (2, 16, 64):
        ids = column_ids(np.array(TEXTS, object), limit)
        assert ids.shape == (len(TEXTS), limit)
        np.testing.assert_array_equal(ids, word_ids(tf.constant(TEXTS), limit).numpy())


def test_forms_of_a_word_have_one_id():
    mug, mugs, wide = query_ids(tf.constant(["red mug", "Red MUGS", "ＲＥＤ ｍｕｇ"])).numpy()
    assert mug.tolist() == mugs.tolist() == wide.tolist()
    assert np.count_nonzero(mug != PADDING) == 2


def test_a_repeated_word_of_a_query_has_no_second_id():
    first, second = query_ids(tf.constant(["red mug", "red red mug"])).numpy()
    assert sorted(first[first != PADDING]) == sorted(second[second != PADDING])
