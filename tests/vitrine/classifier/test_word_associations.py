import numpy as np
import pytest
import tensorflow as tf

from vitrine.classifier.word_associations import (
    VALUES,
    Associations,
    association_features,
    count_words,
    product_shares,
    value_shares,
)
from vitrine.text.graph_words import Words, normalise, split_words

TEAPOT, PHONE = 0, 1


def _words(*texts: str) -> Words:
    return split_words(normalise(tf.constant(list(texts)), 200), 8)


@pytest.fixture(scope="module")
def learned() -> Associations:
    """A corpus where brewing pots are teapots, smart things are phones, and anything may be red."""
    titles = ["brewing pot", "red teapot", "brewing pot", "smart phone", "red smart phone", "phone"] * 5
    value = tf.constant([TEAPOT, TEAPOT, TEAPOT, PHONE, PHONE, PHONE] * 5, tf.int64)
    together = count_words(_words(*titles), value)[0]
    return Associations(together, tf.reduce_sum(tf.one_hot(value, VALUES), axis=0))


def test_a_repeated_word_counts_once_a_product() -> None:
    counts = count_words(_words("pot pot pot"), tf.constant([TEAPOT], tf.int64))
    assert float(tf.reduce_sum(counts)) == 1.0


def test_products_without_a_value_are_not_counted() -> None:
    assert float(tf.reduce_sum(count_words(_words("pot"), tf.constant([-1], tf.int64)))) == 0.0


def test_a_synonym_points_to_its_category(learned: Associations) -> None:
    shares = value_shares(learned, _words("brewing pots", "smart")).numpy()
    assert shares.argmax(1).tolist() == [TEAPOT, PHONE]
    np.testing.assert_allclose(shares.sum(1), 1.0, rtol=1e-5)


def test_unseen_words_leave_the_prior(learned: Associations) -> None:
    shares = value_shares(learned, _words("zyzzyva", "")).numpy()
    np.testing.assert_allclose(shares, np.tile(learned.prior.numpy(), (2, 1)), rtol=1e-4)


def test_the_title_stands_in_for_a_missing_category(learned: Associations) -> None:
    value = tf.constant([PHONE, -1], tf.int64)
    shares = product_shares(learned, value, _words("brewing pot", "brewing pot")).numpy()
    assert shares.argmax(1).tolist() == [PHONE, TEAPOT]
    assert shares[0].max() == 1.0


def test_words_of_the_category_inform_and_words_of_others_conflict(learned: Associations) -> None:
    value = tf.constant([TEAPOT, PHONE], tf.int64)
    features = association_features("category", learned, _words("red brewing pot", "red brewing pot"), value)
    greatest, least = features["category_most"].numpy(), features["category_least"].numpy()
    assert greatest[0] > 0 > least[1]
    assert abs(least[0]) < 0.1  # "red" goes with both alike
    assert features["category_mean"][0] > features["category_mean"][1]


def test_without_value_or_words_every_feature_is_0(learned: Associations) -> None:
    features = association_features("category", learned, _words("red pot", ""), tf.constant([-1, PHONE], tf.int64))
    assert all(value.numpy().tolist() == [0.0, 0.0] for value in features.values())
