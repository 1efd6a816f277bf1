import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.metrics.bootstrap import estimate
from vitrine.metrics.resampling import resampled


def ratio(sums):
    return sums[:, :1] / sums[:, 1:]


def test_a_mean_has_the_interval_of_the_bootstrap_of_means():
    values = np.random.default_rng(1).random(200)
    (found,) = resampled(np.stack([values, np.ones(200)], axis=1), ratio)
    expected = estimate(values)
    assert found.value == pytest.approx(expected.value)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.01)


def test_no_unit_gives_no_number():
    (found,) = resampled(np.empty((0, 2)), lambda sums: np.full((len(sums), 1), np.nan))
    assert np.isnan([found.value, found.low, found.high]).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_interval_of_a_share_is_within_its_range(values):
    (found,) = resampled(np.stack([values, np.ones(len(values))], axis=1), ratio, resamples=50)
    assert min(values) - 0.1 <= found.low <= found.high <= max(values) + 0.1


def test_the_largest_of_equal_figures_is_not_beyond_noise():
    units = np.random.default_rng(0).normal(size=(50, 6)) + 1

    def spread(sums):
        return (sums.max(axis=1) - sums.min(axis=1))[:, None] / 50

    (found,) = resampled(units, spread)
    assert found.low <= found.value <= found.high
