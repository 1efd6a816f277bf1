"""The file of an artifact's metrics, which the report is made from. Imports nothing heavy."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, NotRequired, TypedDict

from vitrine.metrics.figures import ClassificationFigures, Interval, RankingFigures

_NAME: Final = "metrics.json"

TrainingMetrics = dict[str, dict[str, float]]
"""The metrics of each trained classifier, `classifier` and `query_only`, on the eval split."""

Standing = Literal["better", "worse", "no difference", "not compared"]
"""The result of a comparison: better or worse if the whole 95% interval of the difference is on one side of 0."""


class Counts(TypedDict):
    """Sizes of the catalogue and of each split.

    `judged_by` has the number of held-out judgements by judge (see `vitrine.data.contract.judges`); evaluations of
    earlier versions lack it.
    """

    products: int
    products_with_image: int
    queries: dict[str, int]
    judgements: dict[str, int]
    judged_by: NotRequired[dict[str, int]]


Floors = TypedDict("Floors", {"majority_accuracy": float, "majority_macro_f1": float, "random_ndcg@10": float})


class ClassifierFigures(ClassificationFigures):
    """Metrics of the search model's classifier, and those of the classifier that reads the query alone, if trained."""

    query_only: dict[str, float] | None


Advantage = TypedDict("Advantage", {"ndcg@10_difference": float, "p_value": float})


class Difference(Interval):
    """The mean paired difference of nDCG@10, search model − other, with its interval and the p-value of none."""

    p_value: float


PoolFigures = TypedDict(
    "PoolFigures", {"queries": int, "with_two_products": int, "with_different_labels": int, "ideal_ndcg@10": float}
)
"""The limits of the judged pools: the numbers of all held-out queries, of those with at least two judged products, and
of those whose order changes nDCG; and nDCG@10 of the best order, which is below 1 if queries have no relevant
product."""


class CondensedFigures(TypedDict):
    """The same searches without unjudged products; see `vitrine.metrics.condensed`."""

    bm25: RankingFigures
    search_model: RankingFigures
    against: dict[str, Difference]


ServedFigures = TypedDict(
    "ServedFigures",
    {
        "version": str,
        "not_compared": str,
        "queries": int,
        "products": int,
        "ideal_ndcg@10": float,
        "search_model": RankingFigures,
        "served": RankingFigures,
        "difference": Difference,
        "unjudged@10": dict[str, float],
    },
    total=False,
)
"""Comparison with the served version, over the `products` that both have; or the reason why there is none."""


Retrieval = TypedDict(
    "Retrieval",
    {
        "queries": NotRequired[int],
        "ideal_ndcg@10": NotRequired[float],
        "bm25": RankingFigures,
        "search_model": RankingFigures,
        "against": NotRequired[dict[str, Difference]],
        "unjudged_in_top_10": NotRequired[float],
        "unjudged@10": NotRequired[dict[str, float]],
        "condensed": NotRequired[CondensedFigures],
        "served": NotRequired[ServedFigures],
    },
)
"""Rankings of the whole catalogue for a number of held-out queries.

`unjudged@10` is the share of unjudged products among the first ten results of each system. Evaluations of earlier
versions have the search model's in `unjudged_in_top_10` instead, and lack the rest of what may be missing."""


ImageSearch = TypedDict("ImageSearch", {"queries": int, "category_precision@5": Interval})


class Evaluation(TypedDict, total=False):
    """The metrics of a search model; see `vitrine.evaluation.measure.measure`.

    `refused` has a sentence for each threshold that was missed, `not_applied` one for each that the data has no room or
    no meaning for. `image_search` is missing for a model that does not search images, everything for a run without an
    evaluation.
    """

    counts: Counts
    floors: Floors
    pools: PoolFigures
    classifier: ClassifierFigures
    ranking: dict[str, RankingFigures]
    against: dict[str, Advantage]
    retrieval: Retrieval
    image_search: ImageSearch
    refused: list[str]
    not_applied: list[str]


def read_evaluation(folder: Path) -> Evaluation:
    """Return the metrics of the evaluation in `folder`. Raises OSError if there are none."""
    evaluation: Evaluation = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    return evaluation


def read_training(folder: Path) -> TrainingMetrics:
    """Return the metrics of the training in `folder`. Raises OSError if there are none."""
    training: TrainingMetrics = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    return training


def write_metrics(folder: Path, metrics: Mapping[str, object]) -> None:
    """Write the metrics of an artifact into its `folder`."""
    (folder / _NAME).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
