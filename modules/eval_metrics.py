"""Custom TFMA metrics, named by module path in the EvalConfig.

All are computed from the confusion matrix, which TFMA counts once for all of them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.metrics import multi_class_confusion_matrix_metrics as matrices

from vitrine.labels import LABELS
from vitrine.metrics.classification import Classification, classification_of


class Accuracy(metric_types.Metric):
    """The share of pairs whose most probable class is the label."""

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(
            metric_util.merge_per_key_computations(_from_matrix(lambda scores: scores.accuracy)), name=name
        )


class AccuracyAboveMajority(metric_types.Metric):
    """Accuracy minus that of the majority class, the floor; both on the evaluated data."""

    def __init__(self, name: str = "accuracy_above_majority") -> None:
        super().__init__(metric_util.merge_per_key_computations(_from_matrix(_above_majority)), name=name)


class MacroF1(metric_types.Metric):
    """Unweighted mean of the classes' F1."""

    def __init__(self, name: str = "macro_f1") -> None:
        super().__init__(
            metric_util.merge_per_key_computations(_from_matrix(lambda scores: scores.macro_f1)), name=name
        )


class QuadraticKappa(metric_types.Metric):
    """Cohen's kappa with squared distances between class ids."""

    def __init__(self, name: str = "kappa") -> None:
        super().__init__(metric_util.merge_per_key_computations(_from_matrix(lambda scores: scores.kappa)), name=name)


def _above_majority(classification: Classification) -> float:
    support = [scores.support for scores in classification.per_class.values()]
    return classification.accuracy - max(support) / sum(support)


def _from_matrix(metric: Callable[[Classification], float]) -> Callable[..., metric_types.MetricComputations]:
    # TFMA passes arguments by the names of these parameters.
    def computations(
        name: str = "",
        eval_config: Any = None,
        model_name: str = "",
        output_name: str = "",
        example_weighted: bool = False,
    ) -> metric_types.MetricComputations:
        count = matrices.multi_class_confusion_matrices(
            eval_config=eval_config, model_name=model_name, output_name=output_name, example_weighted=example_weighted
        )
        source = count[-1].keys[-1]
        key = metric_types.MetricKey(
            name, model_name=model_name, output_name=output_name, example_weighted=example_weighted
        )

        def result(metrics: dict[metric_types.MetricKey, Any]) -> dict[metric_types.MetricKey, float]:
            (entries,) = metrics[source].values()
            counts = np.zeros([len(LABELS)] * 2, np.int64)
            for cell, weight in entries.items():
                counts[cell.actual_class_id, cell.predicted_class_id] = weight
            return {key: metric(classification_of(counts))}

        return [*count, metric_types.DerivedMetricComputation(keys=[key], result=result)]

    return computations
