import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.search.confidence import Background, Confidence, evidence, known_share, log_odds
from vitrine.text.inflection import Vocabulary

scores = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20).map(
    lambda values: np.array(sorted(values, reverse=True), np.float32)
)


@given(scores)
def test_comparable_scores_keep_the_order(score):
    comparable = Confidence(text=Background(mean=-3.0, std=2.0)).comparable(score)
    assert (np.diff(comparable) <= 0).all()
    assert np.isfinite(comparable).all()


def test_a_comparable_score_counts_deviations_above_random_pairs():
    confidence = Confidence(text=Background(mean=-3.0, std=1.5), image=Background(mean=-4.0, std=2.0))
    assert confidence.comparable(0.5) == pytest.approx(2.0)
    assert confidence.comparable(0.5, image_share=1.0) == pytest.approx(2.0)
    assert confidence.comparable(0.5, image_share=0.5) == pytest.approx(3.5 / 1.75)


def test_log_odds_of_certainties_are_finite():
    assert log_odds([0.0, 0.5, 1.0]).tolist() == pytest.approx([-13.8155, 0.0, 13.8155], abs=1e-3)


def test_terms_are_known_from_the_catalogue_or_from_earlier_queries():
    assert known_share("Red Mug", {"red"}, {"mug"}) == 1
    assert known_share("red xqzt", {"red"}, {"mug"}) == 0.5
    assert known_share("?!", {"red"}) == 0


@pytest.mark.parametrize(
    "query",
    ["teapots", "Teapot's", "ＴＥＡＰＯＴ", "tshirt", "t shirts", "T-Shirt", "knives", "450 ml", "wh1000xm4", "cafe"],
)
def test_what_the_catalogue_writes_otherwise_is_known(query):
    catalogue = Vocabulary.of(
        pa.array(["Teapot 72", "T-shirt", "Knife set", "Mug, 0.45 l", "WH-1000XM4", "Café"])
    ).terms
    assert known_share(query, catalogue) == 1


def test_a_number_that_the_catalogue_lacks_is_no_evidence():
    assert known_share("64GB phone", {"phone"}) == 1
    assert known_share("64GB xqzt", {"phone"}) == 0
    assert known_share("64GB", {"phone"}) == 0


@pytest.mark.parametrize("query", ["what is the time", "7 of 9", "the", "you and me"])
def test_words_that_say_nothing_are_no_evidence(query):
    assert known_share(query, {"what", "is", "the", "7", "9", "of", "you", "and", "me"}) == 0


def test_words_that_say_nothing_do_not_count_against_those_that_do():
    assert known_share("where is the mug for me", {"mug"}) == 1


def test_function_words_count_in_a_query_about_a_category() -> None:
    catalogue = {"sock", "for", "the", "of"}
    assert known_share("socks for kids", catalogue) == 1 / 2
    assert known_share("socks for kids", catalogue, categories={"sock"}) == 2 / 3
    assert known_share("the end of days", catalogue, categories={"sock", "of"}) == 0


def test_evidence_is_the_best_score_its_lead_and_the_known_words():
    assert evidence(np.array([0.5, 0.5, 0.1], np.float32), 0.25).tolist() == pytest.approx([0.0, 0.0, 0.25])
    assert evidence(np.array([], np.float32), 1.0)[0] < -13


def test_without_calibration_nothing_is_junk():
    assert not Confidence().is_junk("xqzt", np.array([0.1], np.float32), {})


def test_junk_has_less_evidence_than_the_threshold():
    confidence = Confidence(weights=(0.0, 0.0, 1.0), threshold=0.3, words=frozenset({"cup"}))
    score = np.array([0.9], np.float32)
    assert confidence.is_junk("xqzt wvut", score, {"mug": 3})
    assert not confidence.is_junk("mug wvut", score, {"mug": 3})
    assert not confidence.is_junk("cup", score, {"mug": 3})


@pytest.mark.parametrize(
    ("query", "junk"),
    [("5^^#", True), ("7", True), ("{{7*7}}", True), ("8%$&6", True), ("787", False), ("4k", False)],
)
def test_signs_and_small_numbers_alone_are_junk(query, junk):
    confidence = Confidence(weights=(0.0, 0.0, 1.0), threshold=-1.0)
    assert confidence.is_junk(query, np.array([0.9], np.float32), {"7", "787"}) == junk


CIRRUS = ("cirrus", "the Cirrus 7", "cirrus mug", "stratus")
CODE = ("' UNION SELECT a, mug() --", "'; DROP TABLE mug; --", "1) OR (1=1", "<mug></mug>", "a%20%27", "1887* |@#^$")
NATURAL = (
    "red mug <3", "12*12 tile", "tile 12 * 12", "mug $20", "mug 20$", "#8 screw", "#mug", "mug; red", "mug - red",
    '1/2" x 3/4\' pipe', "mug (2 pack)", "m&m's", "50% wool", "mug [new]", "~10 cm mug", "red_mug", "mug | Kestrand",
    "5+ mugs", "mug=",
)  # fmt: skip


@pytest.mark.parametrize("query", CODE)
def test_code_is_junk_whatever_it_finds(query):
    confidence = Confidence(weights=(0.0, 0.0, 1.0), threshold=-1.0)
    assert confidence.is_junk(query, np.array([0.9], np.float32), {"mug", "table"})


@pytest.mark.parametrize("query", NATURAL)
def test_signs_of_prices_sizes_and_sentences_are_no_code(query):
    confidence = Confidence(weights=(0.0, 0.0, 1.0), threshold=-1.0)
    assert not confidence.is_junk(query, np.array([0.9], np.float32), {"mug", "table"})


def test_one_known_word_alone_is_no_junk_and_two_may_be():
    confidence = Confidence(weights=(1.0, 0.0, 0.0), threshold=5.0)
    found = [confidence.is_junk(query, np.array([0.1], np.float32), {"cirrus", "mug"}) for query in CIRRUS]
    assert found == [False, False, True, True]


def test_a_sign_of_code_is_a_term_that_is_not_known():
    assert known_share("red mug =", {"red", "mug"}) == 2 / 3


def test_confidence_survives_json():
    confidence = Confidence(weights=(1.0, 2.0, 3.0), words=frozenset({"a", "b"}))
    assert Confidence.model_validate_json(confidence.model_dump_json()) == confidence
