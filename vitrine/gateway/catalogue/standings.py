"""Standings of products by a number, among those that have it."""

import numpy as np
import numpy.typing as npt


def standings(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how high each of N products stands by its value, float64 [N], from -1 for the lowest to 1 for the highest.

    Standings are ranks on that scale, equal values having their mean; the median and unknown values, NaN, have 0.
    """
    found = np.zeros(len(values))
    is_known = np.isfinite(values)
    if (count := int(is_known.sum())) > 1:
        _, place, ties = np.unique(values[is_known], return_inverse=True, return_counts=True)
        rank = np.cumsum(ties) - (ties + 1) / 2
        found[is_known] = 2 * rank[place] / (count - 1) - 1
    return found
