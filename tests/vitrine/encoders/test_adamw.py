import numpy as np
import pytest
import tensorflow as tf

from vitrine.encoders.adamw import AdamW
from vitrine.encoders.training_settings import Decay

STEPS = 100


def shares(decay: Decay) -> np.ndarray:
    optimizer = AdamW([], [], STEPS, 0.1, 0.01, 1.0, decay)
    return np.array([float(optimizer.share(tf.constant(float(step)))) for step in range(1, STEPS + 1)])


@pytest.mark.parametrize("decay", ["linear", "cosine"])
def test_the_step_size_grows_in_the_warm_up_and_falls_to_zero(decay: Decay) -> None:
    share = shares(decay)
    assert share[:10] == pytest.approx(np.arange(1, 11) / 10)
    assert np.all(np.diff(share[9:]) < 0)
    assert share[-1] == pytest.approx(0, abs=1e-6)


def test_both_decays_are_at_a_half_in_the_middle_and_cosine_falls_later() -> None:
    linear, cosine = shares("linear"), shares("cosine")
    assert linear[54] == pytest.approx(0.5)
    assert cosine[54] == pytest.approx(0.5)
    assert np.all(cosine[11:54] > linear[11:54])
    assert np.all(cosine[55:99] < linear[55:99])
