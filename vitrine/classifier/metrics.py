"""Classification metrics from a confusion matrix."""

import numpy as np

from vitrine.labels import LABELS


def confusion_matrix(label: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Counts of (actual, predicted), int64 [4, 4]; both arguments are class ids [N]."""
    classes = len(LABELS)
    return np.bincount(label * classes + predicted, minlength=classes**2).reshape(classes, classes)


def accuracy(matrix: np.ndarray) -> float:
    """Share of pairs on the diagonal."""
    return float(np.trace(matrix) / max(matrix.sum(), 1))


def accuracy_above_majority(matrix: np.ndarray) -> float:
    """Accuracy less the share of the commonest label, which is what naming it always would score."""
    return accuracy(matrix) - float(matrix.sum(1).max() / max(matrix.sum(), 1))


def macro_f1(matrix: np.ndarray) -> float:
    """Unweighted mean of the classes' F1, over the classes that occur as label or prediction."""
    occurring = (matrix.sum(0) + matrix.sum(1)) > 0
    scores = 2 * np.diag(matrix)[occurring] / (matrix.sum(0) + matrix.sum(1))[occurring]
    return float(scores.mean()) if occurring.any() else 0.0


def quadratic_kappa(matrix: np.ndarray) -> float:
    """Cohen's weighted kappa with squared distances (Cohen 1968, Psychological Bulletin 70(4)); 0 where undefined."""
    ids = np.arange(len(matrix))
    distance = (ids[:, None] - ids[None, :]) ** 2
    expected = np.outer(matrix.sum(1), matrix.sum(0)) / max(matrix.sum(), 1)
    scale = (distance * expected).sum()
    return float(1 - (distance * matrix).sum() / scale) if scale else 0.0
