"""The file of an artifact's metrics, which the report is made from. Imports nothing heavy."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NotRequired, TypedDict

from vitrine.metrics.figures import ClassificationFigures, Interval, RankingFigures

_NAME: Final = "metrics.json"

TrainingMetrics = dict[str, dict[str, float]]
"""The metrics of each trained classifier, `classifier` and `query_only`, on the eval split."""


class Counts(TypedDict):
    """Sizes of the catalogue and of each split."""

    products: int
    products_with_image: int
    queries: dict[str, int]
    judgements: dict[str, int]


Floors = TypedDict("Floors", {"majority_accuracy": float, "majority_macro_f1": float, "random_ndcg@10": float})


class ClassifierFigures(ClassificationFigures):
    """Metrics of the search model's classifier, and those of the classifier that reads the query alone, if trained."""

    query_only: dict[str, float] | None


Advantage = TypedDict("Advantage", {"ndcg@10_difference": float, "p_value": float})


class Retrieval(TypedDict):
    """Rankings of the whole catalogue for a number of held-out queries.

    `queries` is missing in evaluations of earlier versions, which searched for all of them. `unjudged_in_top_10` is the
    share of unjudged products among the search model's first ten.
    """

    queries: NotRequired[int]
    bm25: RankingFigures
    search_model: RankingFigures
    unjudged_in_top_10: float


ImageSearch = TypedDict("ImageSearch", {"queries": int, "category_precision@5": Interval})


class Evaluation(TypedDict, total=False):
    """The metrics of a search model; see `vitrine.evaluation.measure.measure`.

    `image_search` is missing for a model that does not search images, everything for a run without an evaluation.
    """

    counts: Counts
    floors: Floors
    classifier: ClassifierFigures
    ranking: dict[str, RankingFigures]
    against: dict[str, Advantage]
    retrieval: Retrieval
    image_search: ImageSearch
    refused: list[str]


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
