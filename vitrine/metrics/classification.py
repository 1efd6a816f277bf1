"""Metrics of the ESCI classifier over class ids (I 0, C 1, S 2, E 3)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.labels import LABELS
from vitrine.metrics.figures import ClassFigures, ClassificationFigures


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and F1 of one class (0 where undefined), and its number of true rows."""

    precision: float
    recall: float
    f1: float
    support: int

    def to_dict(self) -> ClassFigures:
        """Return plain values, as in the report."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, "support": self.support}


@dataclass(frozen=True)
class Classification:
    """Metrics of a classification. `kappa` is Cohen's with quadratic weights, on the scale I < C < S < E."""

    accuracy: float
    macro_f1: float
    kappa: float
    per_class: dict[str, ClassScores]
    confusion: list[list[int]]
    """Rows are true classes, columns predicted ones, both in the order I, C, S, E."""

    def to_dict(self) -> ClassificationFigures:
        """Return plain values, as in the report."""
        return {
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "kappa": self.kappa,
            "per_class": {label: scores.to_dict() for label, scores in self.per_class.items()},
            "confusion": self.confusion,
        }


def classification(true: npt.ArrayLike, predicted: npt.ArrayLike) -> Classification:
    """Score predicted class ids against true ones, integers [N] each; see `classification_of`."""
    true, predicted = np.asarray(true, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    classes = len(LABELS)
    return classification_of(np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes))


def classification_of(confusion: npt.NDArray[np.integer]) -> Classification:
    """Score a confusion matrix, integers [4, 4]: rows are true classes, columns predicted ones.

    Macro-F1 averages over the classes that occur as true or predicted, so that a dataset without complements is not
    penalised for them. Kappa is 0 where only one class occurs, since no agreement beyond chance was shown.
    """
    from sklearn.metrics import (  # type: ignore[import-untyped]
        accuracy_score,
        cohen_kappa_score,
        precision_recall_fscore_support,
    )

    if confusion.sum() == 0:
        raise ValueError("no rows to score")
    true, predicted = np.nonzero(confusion)
    weights = confusion[true, predicted]
    classes = list(range(len(LABELS)))
    columns = precision_recall_fscore_support(true, predicted, labels=classes, sample_weight=weights, zero_division=0)
    per_class = {
        label: ClassScores(float(p), float(r), float(f), int(n))
        for label, p, r, f, n in zip(LABELS, *columns, strict=True)
    }
    present = np.union1d(true, predicted)
    kappa = 0.0
    if present.size > 1:
        kappa = cohen_kappa_score(true, predicted, labels=classes, weights="quadratic", sample_weight=weights)
    return Classification(
        accuracy=float(accuracy_score(true, predicted, sample_weight=weights)),
        macro_f1=float(np.mean([per_class[LABELS[i]].f1 for i in present])),
        kappa=float(kappa),
        per_class=per_class,
        confusion=confusion.tolist(),
    )
