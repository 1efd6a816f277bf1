"""The benchmark's figures, computed from every ranking's scores."""

import itertools
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.baselines.floors import majority, random_values
from vitrine.benchmark.benchmark_json import (
    DEPTH,
    UNJUDGED,
    CatalogueFigures,
    Compared,
    LabelFigures,
    Rankings,
    Substitutes,
)
from vitrine.benchmark.scoring import Probabilities, ScoredRanking
from vitrine.benchmark.split import Floats, Split
from vitrine.labels import CLASS_IDS, LABELS
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.metrics.classification import Classification, classification
from vitrine.metrics.figures import RankingFigures
from vitrine.metrics.ranking import METRICS, Run, per_query
from vitrine.search.build.judged_pairs import METRIC

RANDOM: Final = "random order"
OVER_CATALOGUE: Final = ("ndcg@10", "ndcg", "recall@10", "recall@50", "recall@100")
SWAPPED_GAINS: Final = (0.0, 0.1, 0.01, 1.0)
"""Gains by class id, as in the script published with the dataset: substitutes .01, complements .1."""

Values = dict[str, Floats]


def ranking_figures(
    split: Split, scored: Mapping[str, ScoredRanking], slices: Mapping[str, npt.NDArray[np.bool_]]
) -> Rankings:
    """Return the figures of the judged pools.

    `pools`: metric → `{value, low, high}` of each ranking, random order first. `compared`: for each pair of rankings
    the difference in nDCG@10 and its p-value. `slices`: nDCG@10 of each ranking in each slice of queries.
    """
    judgements = split.judgements()
    values: dict[str, Values] = {RANDOM: random_values(judgements)}
    values |= {name: per_query(judgements, split.run(ranking.pool), METRICS) for name, ranking in scored.items()}
    at_ten = {name: metrics[METRIC] for name, metrics in values.items()}
    return {
        "pools": {name: _estimates(metrics) for name, metrics in values.items()},
        "compared": [_compared(at_ten, *pair) for pair in itertools.combinations(at_ten, 2)],
        "slices": {
            name: {
                "queries": int(mask.sum()),
                "ndcg@10": {ranking: estimate(ndcg[mask]).to_dict() for ranking, ndcg in at_ten.items()},
            }
            for name, mask in slices.items()
        },
    }


def published_figures(split: Split, scored: Mapping[str, ScoredRanking]) -> dict[str, RankingFigures]:
    """Return each ranking's nDCG of the judged pools with the gains of the published script."""
    judgements = split.judgements(SWAPPED_GAINS)
    values = {RANDOM: random_values(judgements, ("ndcg",))}
    values |= {name: per_query(judgements, split.run(ranking.pool), ("ndcg",)) for name, ranking in scored.items()}
    return {name: _estimates(metrics) for name, metrics in values.items()}


def catalogue_figures(split: Split, scored: Mapping[str, ScoredRanking]) -> dict[str, CatalogueFigures]:
    """Return the figures of the whole catalogue, and the share of unjudged products, which count as irrelevant.

    Metrics with a cut-off beyond a ranking's depth are left out.
    """
    judgements = split.judgements()
    judged = set(zip(judgements.query_id.tolist(), judgements.product_id.tolist(), strict=True))
    return {
        name: {
            **_estimates(per_query(judgements, ranking.catalogue, _metrics_within(ranking.depth))),
            UNJUDGED: _unjudged(ranking.catalogue, judged),
        }
        for name, ranking in scored.items()
        if ranking.catalogue is not None
    }


def label_figures(train: Split, split: Split, probabilities: Mapping[str, Probabilities]) -> dict[str, LabelFigures]:
    """Return the figures of predicting the label (Task 2 of the dataset's paper), and substitutes (Task 3)."""
    classifications = {"majority class": majority(train.label, split.label)}
    classifications |= {
        name: classification(split.label, of_classes.argmax(axis=1)) for name, of_classes in probabilities.items()
    }
    return {name: {**scores.to_dict(), "task_3": _substitutes(scores)} for name, scores in classifications.items()}


def _substitutes(scores: Classification) -> Substitutes:
    """Return F1 of the substitutes, and micro-F1 (accuracy) of separating them from the rest."""
    confusion, class_id = np.array(scores.confusion), CLASS_IDS["S"]
    wrong = confusion[class_id].sum() + confusion[:, class_id].sum() - 2 * confusion[class_id, class_id]
    return {"f1": scores.per_class[LABELS[class_id]].f1, "micro_f1": float(1 - wrong / confusion.sum())}


def _estimates(metrics: Values) -> RankingFigures:
    return {metric: estimate(values).to_dict() for metric, values in metrics.items()}


def _compared(values: Values, first: str, second: str) -> Compared:
    comparison = compare(values[first], values[second])
    return {
        "first": first,
        "second": second,
        "difference": comparison.difference.to_dict(),
        "p_value": comparison.p_value,
    }


def _metrics_within(depth: int) -> list[str]:
    return [metric for metric in OVER_CATALOGUE if int(metric.partition("@")[2] or 0) <= depth]


def _unjudged(run: Run, judged: set[tuple[str, str]]) -> float:
    """Return the share of unjudged products among the first `DEPTH`, over all queries."""
    first: dict[str, list[str]] = {}
    for query, product in zip(run.query_id.tolist(), run.product_id.tolist(), strict=True):  # best first
        if len(products := first.setdefault(query, [])) < DEPTH:
            products.append(product)
    pairs = [(query, product) for query, products in first.items() for product in products]
    return float(np.mean([pair not in judged for pair in pairs])) if pairs else 0.0
