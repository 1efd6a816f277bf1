"""The log-odds of being exact that a product loses for measurements that contradict the query.

Few judged pairs contradict each other, and the classifier has seen none in many catalogues. So it is the number by
which the probabilities of such pairs become as exact as their labels say, beside a few imagined pairs that keep it
large where there are hardly any labels.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy.optimize import brentq  # type: ignore[import-untyped]

from vitrine.data.contract.splits import is_validation
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.search.build.judged_pairs import JudgedPairs, class_probabilities
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.index.lexical_words import query_ids
from vitrine.search.index.measurements import contradicted, only_measurements
from vitrine.search.products import Products

IMAGINED_PAIRS: Final = 8
IMAGINED_PROBABILITY: Final = 0.8
IMAGINED_EXACT: Final = 0.05
"""Of the imagined pairs, which the classifier gives the probability above, this share is exact: log-odds of 4.3."""
LARGEST: Final = 8.0
PAIRS: Final = 8192
SMALLEST_PROBABILITY: Final = 1e-6


def fit_contradiction(
    pairs: JudgedPairs, products: Products, classifier: tf.Module, index: LexicalIndex, validation_share: float
) -> float:
    """Return the log-odds, at least 0, by the queries that the classifier's training held out."""
    held_out = np.array([is_validation(query, validation_share) for query in pairs.query], bool)
    pairs = pairs.where(held_out) if held_out.any() else pairs
    pairs = pairs.where(contradicted_pairs(pairs, index))
    exact = class_probabilities(pairs, products, classifier)[:, CLASS_IDS["E"]]
    return penalty(exact.astype(np.float64), pairs.gain == GAINS[CLASS_IDS["E"]])


def contradicted_pairs(pairs: JudgedPairs, index: LexicalIndex) -> npt.NDArray[np.bool_]:
    """Return whether the product of each pair contradicts its query, bool [P]."""
    found = [np.empty(0, bool)]
    for start in range(0, len(pairs.row), PAIRS):
        part = slice(start, start + PAIRS)
        wanted = only_measurements(query_ids(tf.constant(pairs.query[part], tf.string)))
        given = index.measurements.of(tf.constant(pairs.row[part, np.newaxis], tf.int32))
        found.append(contradicted(wanted, given).numpy()[:, 0])
    return np.concatenate(found)


def penalty(probability: npt.NDArray[np.float64], exact: npt.NDArray[np.bool_]) -> float:
    """Return the log-odds whose loss gives probabilities [P] of contradicted pairs the sum of the `exact` ones [P]."""
    given = np.append(probability, IMAGINED_PROBABILITY).clip(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    weights = np.append(np.ones(len(probability)), IMAGINED_PAIRS)
    log_odds, wanted = np.log(given / (1 - given)), exact.sum() + IMAGINED_PAIRS * IMAGINED_EXACT

    def surplus(loss: float) -> float:
        return float(weights @ (1 / (1 + np.exp(loss - log_odds))) - wanted)

    if surplus(0) <= 0:
        return 0.0
    return LARGEST if surplus(LARGEST) >= 0 else float(brentq(surplus, 0, LARGEST, xtol=1e-3))
