import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vitrine.experiments.statistics import Ratio, cohen_h, difference, holm, mismatch, ratio, users_needed

REPEATS = 600
USERS = 400


def population(rng: np.random.Generator, lift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Simulate the clicks and searches of users, float64 [U] each; users differ in how often they click."""
    searches = 1 + rng.poisson(3, USERS)
    taste = rng.beta(2, 5, USERS) * (1 + lift)
    return rng.binomial(searches, np.minimum(taste, 1)).astype(float), searches.astype(float)


def experiments(lift: float) -> list:
    rng = np.random.default_rng(7)
    return [difference(ratio(*population(rng)), ratio(*population(rng, lift))) for _ in range(REPEATS)]


def test_without_a_difference_one_test_in_twenty_finds_one() -> None:
    results = experiments(lift=0.0)
    share = np.mean([result.p_value < 0.05 for result in results])
    assert 0.03 < share < 0.07  # ± 2.2 standard errors
    assert stats.kstest([result.p_value for result in results], "uniform").pvalue > 0.01


def test_a_test_that_took_searches_for_users_would_find_too_many() -> None:
    rng = np.random.default_rng(7)
    significant = 0
    for _ in range(REPEATS):
        (clicks_a, searches_a), (clicks_b, searches_b) = population(rng), population(rng)
        a, b = clicks_a.sum() / searches_a.sum(), clicks_b.sum() / searches_b.sum()
        error = math.sqrt(a * (1 - a) / searches_a.sum() + b * (1 - b) / searches_b.sum())
        significant += abs(b - a) > 1.96 * error
    assert significant / REPEATS > 0.08


def test_intervals_hold_the_truth_nineteen_times_in_twenty() -> None:
    lift, base = 0.2, 2 / 7
    results = experiments(lift)
    absolute = np.mean([result.low <= base * lift <= result.high for result in results])
    relative = np.mean([result.relative_low <= lift <= result.relative_high for result in results])
    assert 0.93 < absolute < 0.97
    assert 0.93 < relative < 0.97


def test_the_detectable_difference_is_found_four_times_in_five() -> None:
    base = 2 / 7
    detectable = np.mean([result.detectable for result in experiments(lift=0.2)])
    power = np.mean([result.p_value < 0.05 for result in experiments(lift=detectable / base)])
    assert 0.74 < power < 0.86


def test_with_one_search_a_user_it_is_welchs_test() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(5, 1, 30), rng.normal(5.5, 3, 50)
    result = difference(ratio(first, np.ones(30)), ratio(second, np.ones(50)))
    expected = stats.ttest_ind(second, first, equal_var=False)
    interval = expected.confidence_interval()
    assert result.p_value == pytest.approx(expected.pvalue)
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high))
    pooled = math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    assert result.cohen_d == pytest.approx((second.mean() - first.mean()) / pooled)


def test_the_delta_method_agrees_with_resampled_users() -> None:
    rng = np.random.default_rng(3)
    clicks, searches = population(rng)
    drawn = rng.integers(0, USERS, (4000, USERS))
    resampled = clicks[drawn].sum(axis=1) / searches[drawn].sum(axis=1)
    assert ratio(clicks, searches).variance ** 0.5 == pytest.approx(resampled.std(), rel=0.05)


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(1e-6, 0.3), st.floats(1e-6, 0.3))
def test_both_intervals_agree_on_what_is_significant(a: float, b: float, error_a: float, error_b: float) -> None:
    result = difference(Ratio(a, error_a**2, error_a * 10, 100), Ratio(b, error_b**2, error_b * 10, 100))
    if math.isnan(result.relative_low) or abs(result.p_value - 0.05) < 1e-6:
        return
    significant = result.p_value < 0.05
    assert significant == (not result.low <= 0 <= result.high)
    assert significant == (not result.relative_low <= 0 <= result.relative_high)


def test_a_first_arm_that_may_be_zero_has_no_relative_interval() -> None:
    result = difference(ratio(np.eye(40)[0], np.ones(40)), ratio(np.eye(40)[0] * 2, np.ones(40)))
    assert result.relative == pytest.approx(1.0)
    assert math.isnan(result.relative_low)


@pytest.mark.parametrize(("users", "searches"), [(0, 1.0), (1, 1.0), (5, 0.0)])
def test_too_little_gives_nan_and_no_error(users: int, searches: float) -> None:
    little = ratio(np.ones(users), np.full(users, searches))
    result = difference(little, ratio(np.arange(9.0), np.ones(9)))
    assert math.isnan(result.p_value)
    assert math.isnan(result.low)
    assert users_needed(little, little, 0.1) is None


def test_arms_in_which_nothing_happened_are_not_tested() -> None:
    nothing = ratio(np.zeros(9), np.ones(9))
    result = difference(nothing, nothing)
    assert result.absolute == 0.0
    assert math.isnan(result.p_value)


def test_users_needed_follow_the_usual_formula() -> None:
    rng = np.random.default_rng(0)
    half = ratio((rng.random(100_000) < 0.5).astype(float), np.ones(100_000))
    # Two shares near a half and five points apart: 2 · 0.25 · (1.96 + 0.8416)² / 0.05²
    assert users_needed(half, half, 0.05) == pytest.approx(1570, abs=2)


def test_the_effect_of_shares_is_a_difference_of_angles() -> None:
    assert cohen_h(0.0, 1.0) == pytest.approx(math.pi)
    assert cohen_h(0.25, 0.5) == pytest.approx(math.pi / 2 - math.pi / 3)


def test_holms_correction_of_an_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    corrected = holm([0.01, float("nan"), 0.02])
    assert corrected[0] == 0.02
    assert math.isnan(corrected[1])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holms_correction_keeps_the_order_and_never_helps(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(p <= c <= 1 for p, c in zip(p_values, corrected, strict=True))
    by_p = [c for _, c in sorted(zip(p_values, corrected, strict=True))]
    assert by_p == sorted(by_p)


def test_a_sample_ratio_is_held_against_the_shares() -> None:
    assert mismatch({"a": 821_588, "b": 815_482}, {"a": 0.5, "b": 0.5}) == pytest.approx(1.8e-6, rel=0.05)
    assert mismatch({"a": 500, "b": 500}, {"a": 0.5, "b": 0.5}) == 1.0
    assert mismatch({"a": 900, "b": 100}, {"a": 0.9, "b": 0.1}) == 1.0
    assert mismatch({"a": 1000}, {"a": 0.5, "b": 0.5}) < 1e-100
    assert mismatch({"a": 500, "b": 500, "c": 1}, {"a": 0.5, "b": 0.5}) == 0.0
    assert mismatch({}, {"a": 0.5, "b": 0.5}) == 1.0


def test_sample_ratios_of_fair_coins_seldom_alarm() -> None:
    rng = np.random.default_rng(1)
    p_values = [mismatch({"a": n, "b": 1000 - n}, {"a": 0.5, "b": 0.5}) for n in rng.binomial(1000, 0.5, 1000).tolist()]
    assert np.mean([p < 0.05 for p in p_values]) == pytest.approx(0.05, abs=0.02)
    assert sum(p < 0.001 for p in p_values) <= 5
