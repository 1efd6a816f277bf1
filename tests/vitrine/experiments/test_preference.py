import math

import numpy as np
import pytest
from scipy import stats

from vitrine.experiments.preference import Preference, preference

REPEATS = 400


def clicks(rng: np.random.Generator, bias: float = 0.0, users: int = 150) -> Preference:
    """Simulate users who see four lists each and differ in the arm whose products they mostly click."""
    who = np.repeat(np.arange(users), 4)
    taste = np.clip(rng.beta(1, 1, users) + bias, 0, 1)[who]
    chosen = rng.random(who.size) < taste
    clicked = rng.random(who.size) < 0.7
    return preference((clicked & ~chosen).astype(np.int64), (clicked & chosen).astype(np.int64), who)


def test_wins_ties_and_losses_are_counted_by_list() -> None:
    first = np.array([1, 0, 2, 1, 0, 0])
    second = np.array([0, 1, 1, 1, 0, 3])
    result = preference(first, second, np.array([0, 0, 1, 1, 2, 3]))
    assert (result.wins_first, result.wins_second, result.ties) == (2, 2, 1)
    assert result.delta == pytest.approx((2 + 0.5) / 5 - 0.5)
    assert (result.users_first, result.users_second) == (1, 1)
    assert result.p_value == 1.0


def test_with_one_list_a_user_it_is_the_sign_test() -> None:
    second = np.r_[np.ones(40), np.zeros(20)].astype(np.int64)
    result = preference(1 - second, second, np.arange(60))
    assert result.p_value == pytest.approx(stats.binomtest(40, 60).pvalue)
    assert result.delta == pytest.approx(40 / 60 - 0.5)
    error = np.std(second, ddof=1) / math.sqrt(60)
    assert result.high - result.delta == pytest.approx(stats.t.ppf(0.975, 59) * error)


def test_without_a_preference_one_test_in_twenty_finds_one() -> None:
    rng = np.random.default_rng(5)
    results = [clicks(rng) for _ in range(REPEATS)]
    assert np.mean([result.p_value < 0.05 for result in results]) < 0.07  # discrete, so rather below
    assert 0.925 < np.mean([result.low <= 0 <= result.high for result in results]) < 0.975


def test_a_preference_is_found_with_its_sign() -> None:
    rng = np.random.default_rng(5)
    assert all(result.p_value < 0.05 and result.low > 0 for result in (clicks(rng, bias=0.2) for _ in range(20)))
    assert all(result.p_value < 0.05 and result.high < 0 for result in (clicks(rng, bias=-0.2) for _ in range(20)))


def test_without_clicks_nothing_is_known() -> None:
    nothing = np.zeros(5, np.int64)
    result = preference(nothing, nothing, np.arange(5))
    assert (result.wins_first, result.wins_second, result.ties) == (0, 0, 0)
    assert math.isnan(result.delta)
    assert math.isnan(result.p_value)
