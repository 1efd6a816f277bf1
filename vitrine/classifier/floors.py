"""What a model that learned nothing would score: the majority class, and random order."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vitrine.labels import GAINS, LABELS


@dataclass(frozen=True)
class Floors:
    """Scores to beat.

    Attributes:
        majority_accuracy: accuracy of always naming the commonest label.
        random_ndcg: expected nDCG@10 of a random order, mean over the queries.
    """

    majority_accuracy: float
    random_ndcg: float


def measure_floors(query_ids: Iterable[str], labels: Iterable[str], k: int = 10) -> Floors:
    """Computes both floors from judgements, exactly: in a random order every rank has the mean gain in expectation.

    Args:
        query_ids: one a judgement.
        labels: one of `vitrine.labels.LABELS` a judgement.
        k: ranks that count.
    """
    pairs = sorted(zip(query_ids, labels, strict=True))
    counts = [sum(label == name for _, label in pairs) for name in LABELS]
    gain = dict(zip(LABELS, GAINS, strict=True))
    scores = []
    for _, judged in groupby(pairs, key=lambda pair: pair[0]):
        gains = np.array(sorted((gain[label] for _, label in judged), reverse=True))
        discounts = 1 / np.log2(np.arange(2, len(gains) + 2))[:k]
        ideal = float((gains[:k] * discounts).sum())
        if ideal > 0:
            scores.append(float(gains.mean() * discounts.sum()) / ideal)
    return Floors(max(counts) / max(len(pairs), 1), float(np.mean(scores)) if scores else 0.0)
