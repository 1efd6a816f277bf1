import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.audit.exposure.attention import attention, compare_shares, deserved, discounts, gini_of

PLACES = {"a": 0, "b": 1}


@given(st.integers(1, 50))
def test_attention_falls_and_sums_to_one(length):
    weights = discounts(length)
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights) < 0).all()


def test_the_first_position_receives_the_most():
    first, second = attention([["a", "b"]], PLACES, 2)[0]
    assert first / second == pytest.approx(np.log2(3))


def test_a_query_counts_as_often_as_it_was_asked():
    once, thrice = attention([["a"], ["b"]], PLACES, 2, [1, 3])
    assert (once.sum(), thrice.sum()) == (1, 3)


def test_relevant_products_deserve_attention_by_their_gain():
    assert deserved([{"a": 1.0, "b": 0.25}], PLACES, 2)[0].tolist() == [0.8, 0.2]
    assert deserved([{}], PLACES, 2).tolist() == [[0, 0]]


def test_the_gap_of_groups_that_receive_what_they_deserve_is_nothing():
    equal = np.full((20, 2), 0.5)
    for share in compare_shares(equal, equal, ["a", "b"], [1, 1]):
        assert (share.gap.value, share.gap.low, share.gap.high) == (0, 0, 0)


def test_a_group_that_is_never_shown_has_its_whole_share_as_gap():
    shares = compare_shares(np.array([[1.0, 0.0]] * 5), np.array([[0.4, 0.6]] * 5), ["a", "b"], [1, 1])
    assert shares[1].gap.value == pytest.approx(-0.6)
    assert (shares[0].ratio.value, shares[1].ratio.value) == pytest.approx((2.5, 0))


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=20), st.floats(0.1, 10))
def test_gini_does_not_depend_on_scale(values, factor):
    row = np.array([values])
    assert gini_of(row)[0] == pytest.approx(gini_of(row * factor)[0], abs=1e-9)
    assert 0 <= gini_of(row)[0] + 1e-9 <= 1


def test_gini_of_equal_and_of_concentrated_attention():
    assert gini_of(np.array([[1.0, 1, 1, 1]]))[0] == pytest.approx(0)
    assert gini_of(np.array([[0.0, 0, 0, 1]]))[0] == pytest.approx(0.75)
