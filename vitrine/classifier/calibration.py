"""Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599, section 4.2)."""

from typing import Final

import numpy as np

GRID: Final = np.geomspace(0.25, 4.0, 161)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the log probabilities, float64 [N, 4], of logits [N, 4]."""
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def log_loss(logits: np.ndarray, label: np.ndarray) -> float:
    """Return the mean negative log likelihood; logits [N, 4], label int64 [N]."""
    return float(-log_softmax(logits)[np.arange(len(label)), label].mean())


def fit_temperature(logits: np.ndarray, label: np.ndarray) -> float:
    """Return the temperature that minimises the log loss of `logits / temperature`; 1 without any pair."""
    if not len(label):
        return 1.0
    return float(min(GRID, key=lambda temperature: log_loss(logits / temperature, label)))
