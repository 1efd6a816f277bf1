import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.search.build.listwise import fit_listwise

LISTS = np.repeat(np.arange(200), 10)


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(0).normal(size=(len(LISTS), 3))


def best_of_each(score):
    """Return a gain of 1 for the row with the highest score of each list, 0 for the others."""
    gain = np.zeros(len(score))
    gain[score.reshape(-1, 10).argmax(axis=1) + np.arange(0, len(score), 10)] = 1
    return gain


def right(score, gain):
    """Return the share of the lists whose first row has the gain."""
    return gain.reshape(-1, 10)[np.arange(len(score) // 10), score.reshape(-1, 10).argmax(axis=1)].mean()


def test_a_feature_that_decides_gets_a_weight_of_its_sign_and_others_hardly_any(features):
    base = np.random.default_rng(1).normal(size=len(LISTS))
    gain = best_of_each(base - 2 * features[:, 1])
    weights = fit_listwise(base, features, LISTS, gain)
    assert weights[1] < -0.5
    assert abs(weights[[0, 2]]).max() < 0.2
    assert right(base + features @ weights, gain) > right(base, gain) + 0.2


def test_features_that_tell_nothing_leave_the_ranking_nearly_as_it_is(features):
    base = np.random.default_rng(1).normal(size=len(LISTS))
    weights = fit_listwise(base, features, LISTS, best_of_each(base))
    assert abs(weights).max() < 0.1


@given(st.floats(0.01, 100), st.floats(-10, 10), st.permutations(range(20)))
def test_units_offsets_and_the_order_of_rows_do_not_matter(factor, offset, order):
    rng = np.random.default_rng(2)
    lists, base, features = np.repeat(np.arange(4), 5), rng.normal(size=20), rng.normal(size=(20, 2))
    gain = rng.random(20)
    weights = fit_listwise(base, features, lists, gain)
    rows = np.array(order)
    again = fit_listwise(base[rows], features[rows] * factor + offset, lists[rows], gain[rows])
    assert np.allclose(again * factor, weights, atol=1e-3)


def test_a_constant_feature_and_lists_without_gain_teach_nothing(features):
    constant = np.ones((len(LISTS), 1))
    base = np.random.default_rng(1).normal(size=len(LISTS))
    assert fit_listwise(base, constant, LISTS, best_of_each(base)).tolist() == [0]
    assert fit_listwise(base, features, LISTS, np.zeros(len(LISTS))).tolist() == [0, 0, 0]
    half = best_of_each(base) * (LISTS < 100)
    some = LISTS < 100
    assert np.allclose(
        fit_listwise(base, features, LISTS, half), fit_listwise(base[some], features[some], LISTS[some], half[some])
    )
