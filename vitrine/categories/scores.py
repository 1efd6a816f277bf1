"""Scores of predicted classes."""

from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.categories.classes import Labels
from vitrine.categories.figures import Scores

TAIL_SHARE: Final = 0.2
BINS: Final = 10

Ranked = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


def tail_classes(counts: Labels) -> npt.NDArray[np.bool_]:
    """Return which classes, bool [C], are the rarest ones that together have at most a fifth of the products."""
    order = np.argsort(counts, kind="stable")
    tail = np.zeros(len(counts), bool)
    tail[order] = np.cumsum(counts[order]) <= TAIL_SHARE * counts.sum()
    return tail


def class_f1(label: Labels, predicted: Labels, classes: int) -> tuple[Floats, Floats, Floats]:
    """Return precision, recall and F1 of each class, float64 [C] each; 0 where undefined."""
    hits = np.bincount(label[label == predicted], minlength=classes).astype(np.float64)
    precision = hits / np.maximum(np.bincount(predicted, minlength=classes), 1)
    recall = hits / np.maximum(np.bincount(label, minlength=classes), 1)
    total = precision + recall
    return precision, recall, np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)


def score(
    label: Labels,
    ranked: Ranked,
    tail: npt.NDArray[np.bool_],
    probability: npt.NDArray[np.float32] | None = None,
) -> Scores:
    """Score the K most probable classes, int32 [N, K], of products of classes `label`, int64 [N].

    Macro scores are means over the classes that occur in `label`. `probability`, float32 [N], is that of the first
    class; without it, the calibration error is left out.
    """
    _, recall, f1 = class_f1(label, ranked[:, 0].astype(np.int64), len(tail))
    occurs = np.bincount(label, minlength=len(tail)) > 0
    hits = ranked == label[:, np.newaxis]
    scores: Scores = {
        "top1": float(hits[:, 0].mean()),
        "macro_f1": float(f1[occurs].mean()),
        "balanced_accuracy": float(recall[occurs].mean()),
    }
    if ranked.shape[1] > 1:
        scores["top3"] = float(hits[:, :3].any(axis=1).mean())
        scores["top5"] = float(hits[:, :5].any(axis=1).mean())
    if (occurs & ~tail).any():
        scores["head_f1"] = float(f1[occurs & ~tail].mean())
    if (occurs & tail).any():
        scores["tail_f1"] = float(f1[occurs & tail].mean())
    if probability is not None:
        scores["calibration_error"] = calibration_error(hits[:, 0], probability)
    return scores


def calibration_error(correct: npt.NDArray[np.bool_], probability: npt.NDArray[np.float32]) -> float:
    """Return the expected calibration error over ten bins of equal width (Guo et al. 2017, arXiv:1706.04599)."""
    place = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    gap = np.bincount(place, correct.astype(np.float64) - probability, BINS)
    return float(np.abs(gap).sum() / len(correct))
