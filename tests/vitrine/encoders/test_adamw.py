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


def test_kernels_decay_and_vectors_and_undecayed_tables_do_not() -> None:
    kernel, bias, table = (tf.Variable(tf.ones(shape)) for shape in ([2, 2], [2], [3, 2]))
    optimizer = AdamW([kernel, bias, table], [0.5] * 3, 10, 0.0, 0.1, 1.0, undecayed=[table])
    optimizer.apply([tf.zeros_like(each) for each in (kernel, bias, table)])
    assert kernel.numpy() == pytest.approx(1 - 0.5 * 0.1 * float(optimizer.share(tf.constant(1.0))))
    assert (bias.numpy() == 1).all()
    assert (table.numpy() == 1).all()


@pytest.mark.parametrize("beta_2", [0.999, 0.98])
def test_steps_follow_adam_s_formulas(beta_2: float) -> None:
    variable, rate, gradients = tf.Variable([1.0]), 0.1, (0.5, -0.25, 0.1)
    optimizer = AdamW([variable], [rate], 10, 0.0, 0.0, 1.0, beta_2=beta_2)
    expected, first, second = 1.0, 0.0, 0.0
    for step, gradient in enumerate(gradients, 1):
        optimizer.apply([tf.constant([gradient])])
        first, second = 0.9 * first + 0.1 * gradient, beta_2 * second + (1 - beta_2) * gradient**2
        size = rate * float(optimizer.share(tf.constant(float(step))))
        expected -= size * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - beta_2**step)) + 1e-6)
    assert float(variable[0]) == pytest.approx(expected, abs=1e-5)
