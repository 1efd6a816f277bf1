"""The benchmark's figures, out of every ranking's scores."""

import itertools
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vitrine.baselines.floors import majority, random_values
from vitrine.benchmark.scoring import Probabilities, Scored
from vitrine.benchmark.split import Floats, Split
from vitrine.labels import CLASS_IDS, LABELS
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.metrics.classification import Classification, classification
from vitrine.metrics.ranking import METRICS, Run, per_query
from vitrine.search.build.judged_pairs import METRIC

RANDOM: Final = "random order"
OVER_CATALOGUE: Final = ("ndcg@10", "ndcg", "recall@10", "recall@50", "recall@100")
SWAPPED_GAINS: Final = (0.0, 0.1, 0.01, 1.0)
"""By class id, as in the script published with the dataset: substitutes .01, complements .1."""
DEPTH: Final = 10

Values = dict[str, Floats]


def ranking_figures(
    split: Split, scored: Mapping[str, Scored], slices: Mapping[str, npt.NDArray[np.bool_]]
) -> dict[str, Any]:
    """Figures of the judged pools.

    `pools`: metric → `{value, low, high}` of each ranking, random order first. `compared`: for each pair of rankings
    the difference in nDCG@10 and its p-value. `slices`: nDCG@10 of each ranking in each slice of queries.
    """
    judgements = split.judgements()
    values: dict[str, Values] = {RANDOM: random_values(judgements)}
    values |= {name: per_query(judgements, split.run(one.pool), METRICS) for name, one in scored.items()}
    at_ten = {name: metrics[METRIC] for name, metrics in values.items()}
    return {
        "pools": {name: _estimates(metrics) for name, metrics in values.items()},
        "compared": [_compared(at_ten, *pair) for pair in itertools.combinations(at_ten, 2)],
        "slices": {
            name: {"queries": int(mask.sum())}
            | {METRIC: {ranking: estimate(one[mask]).to_dict() for ranking, one in at_ten.items()}}
            for name, mask in slices.items()
        },
    }


def published_figures(split: Split, scored: Mapping[str, Scored]) -> dict[str, Any]:
    """The judged pools' nDCG with the gains of the published script, of each ranking."""
    judgements = split.judgements(SWAPPED_GAINS)
    values = {RANDOM: random_values(judgements, ("ndcg",))}
    values |= {name: per_query(judgements, split.run(one.pool), ("ndcg",)) for name, one in scored.items()}
    return {name: _estimates(metrics) for name, metrics in values.items()}


def catalogue_figures(split: Split, scored: Mapping[str, Scored]) -> dict[str, Any]:
    """Figures over the whole catalogue, where an unjudged product counts as irrelevant, and how many there were.

    A ranking that answers with fewer products than a metric looks at has no such metric.
    """
    judgements = split.judgements()
    judged = set(zip(judgements.query_id.tolist(), judgements.product_id.tolist(), strict=True))
    return {
        name: _estimates(per_query(judgements, one.catalogue, [m for m in OVER_CATALOGUE if _cut(m) <= one.depth]))
        | {f"unjudged@{DEPTH}": _unjudged(one.catalogue, judged)}
        for name, one in scored.items()
        if one.catalogue is not None
    }


def label_figures(train: Split, split: Split, probabilities: Mapping[str, Probabilities]) -> dict[str, Any]:
    """Predicting the four labels (Task 2 of the dataset's paper), and whether a product is a substitute (Task 3)."""
    found = {"majority class": majority(train.label, split.label)}
    found |= {name: classification(split.label, one.argmax(axis=1)) for name, one in probabilities.items()}
    return {name: one.to_dict() | {"task_3": _substitutes(one)} for name, one in found.items()}


def _substitutes(found: Classification) -> dict[str, float]:
    """F1 of the substitutes, and micro-F1 (accuracy) of telling them from the rest."""
    confusion, at = np.array(found.confusion), CLASS_IDS["S"]
    wrong = confusion[at].sum() + confusion[:, at].sum() - 2 * confusion[at, at]
    return {"f1": found.per_class[LABELS[at]].f1, "micro_f1": float(1 - wrong / confusion.sum())}


def _estimates(metrics: Values) -> dict[str, dict[str, float]]:
    return {metric: estimate(values).to_dict() for metric, values in metrics.items()}


def _compared(values: Values, first: str, second: str) -> dict[str, Any]:
    found = compare(values[first], values[second])
    return {"first": first, "second": second, "difference": found.difference.to_dict(), "p_value": found.p_value}


def _cut(metric: str) -> int:
    return int(metric.partition("@")[2] or 0)


def _unjudged(run: Run, judged: set[tuple[str, str]]) -> float:
    """The share of unjudged products among the first `DEPTH`, over all queries."""
    first: dict[str, list[str]] = {}
    for query, product in zip(run.query_id.tolist(), run.product_id.tolist(), strict=True):  # best first
        if len(found := first.setdefault(query, [])) < DEPTH:
            found.append(product)
    shown = [(query, product) for query, products in first.items() for product in products]
    return float(np.mean([pair not in judged for pair in shown])) if shown else 0.0
