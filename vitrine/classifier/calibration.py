"""Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv:1706.04599, section 4.2)."""

from typing import Final

import numpy as np
from scipy import special  # type: ignore[import-untyped]

GRID: Final = np.geomspace(0.25, 4.0, 161)


def log_loss(logits: np.ndarray, label: np.ndarray) -> float:
    """Return the mean negative log likelihood; logits [N, 4], label int64 [N]."""
    log_probabilities = special.log_softmax(logits.astype(np.float64), axis=1)
    return float(-log_probabilities[np.arange(len(label)), label].mean())


def fit_temperature(logits: np.ndarray, label: np.ndarray) -> float:
    """Return the temperature that minimises the log loss of `logits / temperature`; 1 without any pair."""
    if not len(label):
        return 1.0
    return float(min(GRID, key=lambda temperature: log_loss(logits / temperature, label)))
