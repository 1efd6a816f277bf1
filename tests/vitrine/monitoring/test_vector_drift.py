import numpy as np
import pytest
from scipy import stats

from vitrine.monitoring.vector_drift import mean_discrepancy, vector_drift


def vectors(rng: np.random.Generator, count: int, shift: float = 0.0) -> np.ndarray:
    """Unit vectors of repeated queries, as in traffic: few of them, some popular."""
    queries = np.random.default_rng(0).normal(size=(60, 16))
    weights = 1 / np.arange(3, 63)
    chosen = queries[rng.choice(60, count, p=weights / weights.sum())] + [shift, *[0.0] * 15]
    return (chosen / np.linalg.norm(chosen, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("sizes", [(100, 100), (40, 200)])
def test_false_alarms_are_as_rare_as_p_values_say(sizes: tuple[int, int]) -> None:
    p_values = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        p_values.append(mean_discrepancy(vectors(rng, sizes[0]), vectors(rng, sizes[1]), 99, 1000 + seed)[1])
    alarms = int((np.array(p_values) <= 0.05).sum())
    low, high = stats.binom.ppf([0.0005, 0.9995], 200, 0.05)
    assert low <= alarms <= high


def test_a_shift_is_found_and_told_apart() -> None:
    rng = np.random.default_rng(1)
    found = vector_drift(vectors(rng, 300), vectors(rng, 300, shift=3.0), 199, 0)
    assert found.p_value == 1 / 200
    assert found.separability > 0.8


def test_equal_samples_have_no_distance() -> None:
    sample = vectors(np.random.default_rng(2), 50)
    found = vector_drift(sample, sample, 99, 0)
    assert found.distance == pytest.approx(0, abs=1e-6)
    assert found.p_value > 0.5


def test_one_repeated_vector_is_no_error() -> None:
    sample = np.ones((30, 4), np.float32) / 2
    found = vector_drift(sample, sample, 19, 0)
    assert (found.p_value, found.separability) == (1.0, 0.5)
