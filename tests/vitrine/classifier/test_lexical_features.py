import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.classifier.lexical_features import (
    Statistics,
    bigrams,
    bm25,
    inverse_document_frequency,
    lexical_features,
    occurrence,
    split_pair,
)
from vitrine.data import columns
from vitrine.text.graph_words import PADDING

WORDS = st.lists(st.sampled_from(["red", "mug", "steel", "kettle", "acme", "50", "café"]), max_size=20).map(" ".join)


def _features(
    query: str, colors: tuple[str, ...] = (), brands: tuple[str, ...] = (), **product: str
) -> dict[str, float]:
    """Return the features of one pair in a corpus where every word is equally rare."""
    raw = {name: tf.constant([product.get(name, "")]) for name in columns.PRODUCT_TEXT}
    pair = split_pair({**raw, columns.QUERY: tf.constant([query])})

    def named(names: tuple[str, ...]) -> tf.Tensor:
        return tf.cast(tf.reduce_any(pair.query.text[..., None] == tf.constant([*names, "-"]), -1), tf.float32)

    statistics = Statistics(
        query_idf=tf.ones_like(pair.query.ids, tf.float32) * 2.0,
        title_idf=tf.ones_like(pair.fields["title"].ids, tf.float32) * 2.0,
        document_words=tf.constant(4.0),
        color_names=named(colors),
        brand_names=named(brands),
    )
    return {name: float(value[0]) for name, value in lexical_features(pair, statistics).items()}


def test_coverage_is_the_share_of_query_words_found() -> None:
    features = _features("red steel mugs", title="Mug, red", description="made of steel")
    assert math.isclose(features["title_coverage"], 2 / 3, rel_tol=1e-6)
    assert features["coverage"] == 1.0
    assert features["title_missing_words"] == 1.0
    assert features["missing_words"] == 0.0


def test_a_phrase_counts_only_in_its_order() -> None:
    assert _features("red mug", title="a red mug")["title_phrase"] == 1.0
    assert _features("red mug", title="mug red")["title_phrase"] == 0.0


def test_the_last_word_of_the_query_is_its_head() -> None:
    case = _features("phone case", title="phone charger")
    assert (case["head_in_title"], _features("phone case", title="leather case")["head_in_title"]) == (0.0, 1.0)


def test_a_colour_asked_for_and_not_shown_is_a_conflict() -> None:
    assert _features("red mug", colors=("red", "blue"), title="mug", color="blue")["color_conflict"] == 1.0
    assert _features("red mug", colors=("red", "blue"), title="mug", color="Red")["color_conflict"] == 0.0
    assert _features("steel mug", colors=("red", "blue"), title="mug", color="blue")["color_conflict"] == 0.0


def test_a_brand_asked_for_and_not_shown_is_a_conflict() -> None:
    assert _features("acme mug", brands=("acme",), title="mug", brand="Other")["brand_conflict"] == 1.0
    assert _features("acme mug", brands=("acme",), title="mug", brand="ACME")["brand_conflict"] == 0.0


def test_a_typo_still_finds_most_trigrams() -> None:
    typo = _features("strped mug", title="striped mug")
    assert typo["title_coverage"] == 0.5
    assert typo["title_trigrams"] > 0.6


def test_early_matches_count_more_than_late_ones() -> None:
    early, late = _features("mug", title="mug with a lid"), _features("mug", title="a lid for your mug")
    assert early["title_position"] == 1.0
    assert late["title_position"] == pytest.approx(0.2)


def test_empty_texts_give_finite_features() -> None:
    assert all(math.isfinite(value) for value in _features("").values())
    assert all(math.isfinite(value) for value in _features("red mug").values())


@settings(max_examples=25, deadline=None)
@given(WORDS, WORDS, WORDS)
def test_shares_stay_between_0_and_1(query: str, title: str, description: str) -> None:
    features = _features(query, title=title, description=description)
    for name, value in features.items():
        assert math.isfinite(value), name
        if "coverage" in name or "explained" in name or "grams" in name or "conflict" in name:
            assert 0.0 <= value <= 1.0, name


@settings(max_examples=25, deadline=None)
@given(WORDS, WORDS)
def test_text_that_repeats_the_query_is_never_covered_less(query: str, title: str) -> None:
    assert (
        _features(query, title=f"{query} {title}")["title_coverage"] >= _features(query, title=title)["title_coverage"]
    )


def test_bm25_is_the_formula_of_the_book() -> None:
    query, document = tf.constant([[1, 2, PADDING]], tf.int64), tf.constant([[1, 1, 3, PADDING]], tf.int64)
    idf = tf.constant([[2.0, 1.0, 9.0]])
    saturated = 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 6))
    np.testing.assert_allclose(bm25(query, document, idf, tf.constant(6.0)), [2.0 * saturated], rtol=1e-6)


def test_idf_falls_with_frequency_and_is_never_negative() -> None:
    idf = inverse_document_frequency(tf.constant(100), tf.constant([0, 1, 50, 100])).numpy()
    assert (np.diff(idf) < 0).all()
    assert idf[-1] > 0
    np.testing.assert_allclose(idf[1], math.log(1 + 99.5 / 1.5), rtol=1e-6)


def test_padding_matches_nothing() -> None:
    ids = tf.constant([[5, PADDING]], tf.int64)
    assert occurrence(ids, ids).numpy().tolist() == [[1.0, 0.0]]


def test_bigrams_keep_the_order() -> None:
    ids = bigrams(tf.constant([[1, 2, 1, PADDING]], tf.int64)).numpy()[0]
    assert ids[0] != ids[1]
    assert ids[2] == PADDING
    assert (ids[:2] >= 0).all()
