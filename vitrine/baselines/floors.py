"""Floors: results that need no model, reported beside every model's results."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vitrine.metrics.bootstrap import RESAMPLES, Estimate, estimate
from vitrine.metrics.classification import Classification, classification
from vitrine.metrics.ranking import METRICS, Judgements, judged_pools

SHUFFLES = 20


def majority(train: npt.ArrayLike, true: npt.ArrayLike) -> Classification:
    """Score a classifier that always predicts the most frequent class of `train`, on class ids `true` [N].

    The class is that of the training rows; taking it from the held-out rows would raise the floor.
    """
    true = np.asarray(true, dtype=np.int64)
    answer = np.bincount(np.asarray(train, dtype=np.int64)).argmax()
    return classification(true, np.full_like(true, answer))


def random_order(
    judgements: Judgements,
    metrics: Sequence[str] = METRICS,
    shuffles: int = SHUFFLES,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Return the expected metrics of a random order of each judged pool, with 95% intervals over the queries."""
    values = random_values(judgements, metrics, shuffles, seed)
    return {metric: estimate(per_query, resamples, seed) for metric, per_query in values.items()}


def random_values(
    judgements: Judgements, metrics: Sequence[str] = METRICS, shuffles: int = SHUFFLES, seed: int = 0
) -> dict[str, npt.NDArray[np.float64]]:
    """Return each metric of each query, float64 [Q]: the mean over `shuffles` random orders of its judged pool."""
    rng = np.random.default_rng(seed)
    totals = dict.fromkeys(metrics, np.zeros(len(judgements.queries)))
    pools = judged_pools(judgements)
    for _ in range(shuffles):
        values = pools.measure(rng.random(judgements.query_id.size), metrics)
        totals = {metric: totals[metric] + values[metric] for metric in metrics}
    return {metric: total / shuffles for metric, total in totals.items()}
