import pytest

from benchmarks.serving_soak import SETTLED, slope


def test_flat_memory_has_no_slope_however_it_began():
    assert slope([*range(100, 100 + 50 * SETTLED, 50), *[900.0] * 8]) == 0


def test_a_leak_shows_through_a_few_odd_readings():
    settled = [900 + 3.0 * swap for swap in range(12)]
    settled[4] += 200
    assert slope([0.0] * SETTLED + settled) == pytest.approx(3, abs=0.2)


def test_too_few_swaps_say_nothing():
    assert slope([900.0] * (SETTLED + 1)) is None
