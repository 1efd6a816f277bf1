import numpy as np
import pytest
from scipy import special

from vitrine.classifier.calibration import fit_temperature, log_loss


def _drawn(scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Return logits that are `scale` times too large, and labels drawn from softmax(logits)."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 4)) * 2
    chances = special.softmax(logits, axis=1)
    label = (rng.random((4000, 1)) > chances.cumsum(1)).sum(1)
    return logits * scale, label


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_false_confidence(scale: float) -> None:
    assert fit_temperature(*_drawn(scale)) == pytest.approx(scale, rel=0.1)


def test_calibrating_never_raises_the_log_loss() -> None:
    logits, label = _drawn(2.0)
    assert log_loss(logits / fit_temperature(logits, label), label) < log_loss(logits, label)


def test_without_pairs_nothing_changes() -> None:
    assert fit_temperature(np.zeros([0, 4]), np.zeros([0], np.int64)) == 1.0


def test_certain_logits_give_a_finite_loss() -> None:
    assert log_loss(np.array([[1000.0, 0, 0, 0]]), np.array([0])) == 0.0
