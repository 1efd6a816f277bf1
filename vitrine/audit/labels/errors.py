"""Errors of classified pairs: accuracy, macro-F1 and calibration error, with intervals over queries.

The calibration error is that of the most likely label in ten bins of equal width (Guo et al. 2017, "On calibration of
modern neural networks", equation 3).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.labels import LABELS
from vitrine.metrics.bootstrap import Estimate
from vitrine.metrics.resampling import resampled

_BINS: Final = 10
_CLASSES: Final = len(LABELS)


@dataclass(frozen=True)
class PairErrors:
    """Figures of P pairs of Q queries."""

    pairs: int
    queries: int
    accuracy: Estimate
    macro_f1: Estimate
    calibration_error: Estimate


def pair_errors(
    query: npt.NDArray[np.object_], true: npt.NDArray[np.int64], esci: npt.NDArray[np.float32]
) -> PairErrors:
    """Measure classified pairs.

    Args:
        query: The query id of each pair, str [P], which is resampled with all its pairs.
        true: The class id of each pair, int64 [P].
        esci: The predicted probabilities, float32 [P, 4].
    """
    queries, row = np.unique(query.astype(str), return_inverse=True)
    accuracy, macro_f1, calibration = resampled(_units(row, len(queries), true, esci), _statistics)
    return PairErrors(len(true), len(queries), accuracy, macro_f1, calibration)


def _units(
    row: npt.NDArray[np.int64], queries: int, true: npt.NDArray[np.int64], esci: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Return each query's confusion matrix and its excess confidence by bin, float64 [Q, 16 + 10]."""
    predicted, confidence = esci.argmax(axis=1), esci.max(axis=1).astype(float)
    units = np.zeros((queries, _CLASSES**2 + _BINS))
    np.add.at(units, (row, true * _CLASSES + predicted), 1)
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    np.add.at(units, (row, _CLASSES**2 + bins), confidence - (predicted == true))
    return units


def _statistics(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return accuracy, macro-F1 over the classes that occur, and the calibration error, float64 [R, 3]."""
    confusion = sums[:, : _CLASSES**2].reshape(-1, _CLASSES, _CLASSES)
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    both, pairs = confusion.sum(axis=2) + confusion.sum(axis=1), confusion.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = np.where(both > 0, 2 * hits / both, np.nan)
        occurring = np.maximum((both > 0).sum(axis=1), 1)
        return np.stack(
            [
                hits.sum(axis=1) / pairs,
                np.where(pairs > 0, np.nansum(f1, axis=1) / occurring, np.nan),
                np.abs(sums[:, _CLASSES**2 :]).sum(axis=1) / pairs,
            ],
            axis=1,
        )
