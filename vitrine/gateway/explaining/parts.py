"""The summands of the log-odds of a score, by stage, from the outputs of the signature `explain_text`.

Before the last stage, the log-odds are those of `vitrine.search.model.pair_scorer`. The last stage keeps a share of
them, bounded to those of `LOWEST_GAIN`, and adds its own.
"""

from collections.abc import Mapping
from math import exp, log, log1p
from typing import Final

from vitrine.search.settings import SearchWeights

LOWEST_GAIN: Final = 1e-4
"""Distance that scores and expected gains keep from 0 and 1 (`vitrine.search.model.odds`, which needs TensorFlow)."""
MOST: Final = log1p(-LOWEST_GAIN) - log(LOWEST_GAIN)
"""The highest log-odds of a bounded score."""
SIMILARITY, WORDS, COVERAGE, MEASUREMENTS, ID, FEATURES, CLASSIFIER, LAST_STAGE, BOUND = PARTS = (
    "similarity", "words", "coverage", "measurements", "id", "features", "classifier", "last stage", "bound",
)  # fmt: skip


def bounded_log_odds(share: float) -> float:
    """Return the log-odds of a value in [0, 1] that keeps `LOWEST_GAIN` from both ends."""
    bounded = min(max(share, LOWEST_GAIN), 1 - LOWEST_GAIN)
    return log(bounded) - log1p(-bounded)


def probability(log_odds: float) -> float:
    """Return the probability in (0, 1) that has these log-odds."""
    return 1 / (1 + exp(-log_odds)) if log_odds >= 0 else exp(log_odds) / (1 + exp(log_odds))


def last_share(weights: SearchWeights, stage: Mapping[str, float], read: bool) -> float:
    """Return the share of the last stage in a score; none of a product whose id is the query."""
    return weights.cross_encoder if read and not stage["named"] else 0.0


def score_parts(weights: SearchWeights, stage: Mapping[str, float]) -> dict[str, float]:
    """Return the summands of the log-odds of a score by `PARTS`, without those that the model does not have.

    `stage` are the numbers of one product.
    """
    blend, keep, of_text = weights.blend, 1 - weights.blend, weights.text_query
    parts = {
        SIMILARITY: keep * (of_text.slope * stage["similarity"] + of_text.intercept),
        WORDS: keep * weights.lexical * stage["lexical"],
        COVERAGE: keep * weights.coverage * stage["coverage"],
        MEASUREMENTS: -keep * stage["contradiction"],
        ID: stage["named"],
        FEATURES: keep * stage["features"],
        CLASSIFIER: blend * bounded_log_odds(stage["gain"]),
    }
    share = last_share(weights, stage, bool(stage["read"]))
    if share:
        total = sum(parts.values())
        parts = {name: (1 - share) * part for name, part in parts.items()}
        parts[BOUND] = (1 - share) * (min(max(total, -MOST), MOST) - total)
        parts[LAST_STAGE] = share * bounded_log_odds(stage["read_gain"])
    used = {
        WORDS: weights.lexical, COVERAGE: weights.coverage, MEASUREMENTS: weights.contradiction,
        FEATURES: len(weights.features), ID: stage["named"],
    }  # fmt: skip
    return {name: part for name, part in parts.items() if used.get(name, 1)}
