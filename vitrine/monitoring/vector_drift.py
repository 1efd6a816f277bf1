"""The distance between the query vectors of two samples, with a permutation test."""

from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel
from scipy.spatial.distance import pdist  # type: ignore[import-untyped]

Vectors = npt.NDArray[np.float32]

FOLDS: Final = 5
MEDIAN_OF: Final = 500
"""Vectors of which the kernel's width is estimated."""
RELATIVE_ROUNDING: Final = 1e-5
ROUNDING: Final = 1e-7


class VectorDrift(BaseModel):
    """The comparison of two samples of vectors.

    Attributes:
        reference: The number of vectors compared with.
        current: The number of vectors compared.
        distance: The squared maximum mean discrepancy, at least 0.
        p_value: The probability of a distance as large if the samples have one distribution.
        separability: The area under the ROC curve of a classifier that tells the samples apart: 0.5 if it cannot.
    """

    reference: int
    current: int
    distance: float
    p_value: float
    separability: float


def vector_drift(reference: Vectors, current: Vectors, permutations: int, seed: int) -> VectorDrift:
    """Compare two samples of independent vectors, float32 [N, D] and [M, D].

    A small distance between large samples is significant as well; `separability` tells whether it matters.
    """
    distance, p_value = mean_discrepancy(reference, current, permutations, seed)
    return VectorDrift(
        reference=len(reference),
        current=len(current),
        distance=distance,
        p_value=p_value,
        separability=_separability(reference, current, seed),
    )


def mean_discrepancy(reference: Vectors, current: Vectors, permutations: int, seed: int) -> tuple[float, float]:
    """Return the squared maximum mean discrepancy of two samples, float32 [N, D] and [M, D], and its p-value.

    The kernel is Gaussian, and its width is the median distance (Gretton et al. 2012, "A Kernel Two-Sample Test"). The
    test is by permutation, so it is exact for samples of any size.
    """
    from sklearn.metrics.pairwise import rbf_kernel  # type: ignore[import-untyped]

    rng = np.random.default_rng(seed)
    vectors = np.concatenate([reference, current]).astype(np.float32)
    chosen = vectors[rng.choice(len(vectors), min(MEDIAN_OF, len(vectors)), replace=False)]
    width = float(np.median(pdist(chosen))) or 1.0
    kernel = rbf_kernel(vectors, gamma=1 / (2 * width**2)).astype(np.float32)
    # In each column, the weights of the mean of one sample minus the mean of the other; the first column is observed.
    weights = np.repeat(np.array([-1 / len(reference), 1 / len(current)], np.float32), [len(reference), len(current)])
    assigned = np.stack([weights, *(rng.permutation(weights) for _ in range(permutations))], axis=1)
    distances = np.einsum("np,np->p", assigned, kernel @ assigned)
    # The observed assignment counts, so that a p-value is never 0; equal up to rounding is equal.
    at_least = distances >= distances[0] * (1 - RELATIVE_ROUNDING) - ROUNDING
    return max(float(distances[0]), 0.0), float(np.mean(at_least))


def _separability(reference: Vectors, current: Vectors, seed: int) -> float:
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
    from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
    from sklearn.model_selection import StratifiedKFold, cross_val_predict  # type: ignore[import-untyped]

    folds = min(FOLDS, len(reference), len(current))
    if folds < 2:
        return float("nan")
    vectors = np.concatenate([reference, current])
    labels = np.repeat([0, 1], [len(reference), len(current)])
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    model = LogisticRegression(class_weight="balanced", max_iter=200)
    scores = cross_val_predict(model, vectors, labels, cv=splits, method="decision_function")
    return float(roc_auc_score(labels, scores))
