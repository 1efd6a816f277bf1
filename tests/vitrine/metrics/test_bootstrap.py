import numpy as np
import pytest
from scipy import stats

from vitrine.metrics.bootstrap import compare, estimate


def test_the_interval_is_near_the_normal_one_for_many_queries():
    values = np.random.default_rng(1).normal(0.5, 0.1, 1000)
    measured = estimate(values)
    half = 1.96 * values.std() / np.sqrt(values.size)
    assert measured.value == pytest.approx(values.mean())
    assert measured.low == pytest.approx(values.mean() - half, abs=0.001)
    assert measured.high == pytest.approx(values.mean() + half, abs=0.001)


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(2).random(50)
    assert estimate(values, seed=3) == estimate(values, seed=3)
    assert estimate(values, seed=3) != estimate(values, seed=4)


def test_constant_values_have_no_width_and_no_values_no_estimate():
    constant = estimate(np.full(10, 0.25))
    assert (constant.low, constant.value, constant.high) == (0.25, 0.25, 0.25)
    assert np.isnan(estimate(np.empty(0)).value)


def test_a_single_query_has_an_interval_of_no_width():
    single = estimate(np.array([0.5]))
    assert (single.low, single.value, single.high) == (0.5, 0.5, 0.5)


def test_the_estimate_reads_like_a_table_cell():
    assert str(estimate(np.full(4, 0.5))) == "0.5000 [0.5000, 0.5000]"
    assert estimate(np.full(4, 0.5)).to_dict() == {"value": 0.5, "low": 0.5, "high": 0.5}


def test_pairing_finds_a_small_but_steady_difference():
    rng = np.random.default_rng(5)
    first = rng.random(200)  # queries differ far more than the systems do
    comparison = compare(first + 0.01, first + rng.normal(0, 0.02, 200))
    assert comparison.difference.low > 0
    assert comparison.p_value < 0.001


def test_p_values_of_equal_systems_are_not_small():
    rng = np.random.default_rng(6)
    values = [compare(rng.random(30), rng.random(30), resamples=500, seed=i).p_value for i in range(60)]
    assert 0.3 < np.mean(values) < 0.7


def test_the_p_value_is_that_of_every_assignment_of_signs():
    first, second = np.random.default_rng(7).random((2, 12))
    exact = stats.permutation_test(
        (first, second), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    )
    assert compare(first, second).p_value == pytest.approx(exact.pvalue, abs=0.02)


def test_equal_systems_have_a_p_value_of_one():
    assert compare(np.full(5, 0.5), np.full(5, 0.5)).p_value == 1


def test_pairs_need_equal_lengths():
    with pytest.raises(ValueError, match="equal shapes"):
        compare(np.zeros(3), np.zeros(4))
