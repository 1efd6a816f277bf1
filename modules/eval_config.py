"""What the Evaluator measures, by which slices, and what a classifier must reach to be blessed."""

import json
from typing import Final

import tensorflow_model_analysis as tfma
from pydantic import BaseModel, ConfigDict, Field
from tensorflow_model_analysis.proto import config_pb2

from vitrine.classifier.features import GAIN, LABEL
from vitrine.classifier.floors import Floors
from vitrine.data import columns

TOP_K: Final = 10


class EvaluationSettings(BaseModel):
    """Slices and margins of the Evaluator."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slices: tuple[str, ...] = Field(
        (columns.HAS_IMAGE, "category"), description="raw features whose values are measured apart"
    )
    above_majority: float = Field(0.0, description="how far accuracy must be above the majority class'")
    above_random: float = Field(0.02, description="how far nDCG@10 must be above a random order's")
    tolerance: float = Field(
        0.01, ge=0, description="how far macro-F1 and nDCG@10 may fall below the last blessed model's"
    )


def make_eval_config(floors: Floors | None, settings: EvaluationSettings | None = None) -> tfma.EvalConfig:
    """Builds the EvalConfig.

    Args:
        floors: what learning nothing scores on the eval split; None sets no absolute threshold.
        settings: slices and margins.

    Returns:
        A config for the exported classifier, with the last blessed one as baseline where there is one: TFX drops the
        comparisons from it in a first run.
    """
    settings = settings or EvaluationSettings()
    return tfma.EvalConfig(
        model_specs=[_model(is_baseline=False), _model(is_baseline=True)],
        metrics_specs=[_classification(floors, settings), _ranking(floors, settings)],
        slicing_specs=[tfma.SlicingSpec(), *(tfma.SlicingSpec(feature_keys=[name]) for name in settings.slices)],
    )


def _model(is_baseline: bool) -> tfma.ModelSpec:
    return tfma.ModelSpec(
        name="baseline" if is_baseline else "candidate",
        is_baseline=is_baseline,
        signature_name="serving_default",
        preprocessing_function_names=["transform_features"],
        label_keys={"probabilities": LABEL, "expected_gain": LABEL, "class_id": LABEL},
    )


def _classification(floors: Floors | None, settings: EvaluationSettings) -> tfma.MetricsSpec:
    own = __name__.rpartition(".")[0] + ".eval_metrics"
    above = floors.majority_accuracy + settings.above_majority if floors else None
    return tfma.MetricsSpec(
        output_names=["probabilities"],
        metrics=[
            tfma.MetricConfig(class_name="ExampleCount"),
            tfma.MetricConfig(class_name="Accuracy", module=own, per_slice_thresholds=_threshold(above, None)),
            tfma.MetricConfig(
                class_name="MacroF1", module=own, per_slice_thresholds=_threshold(None, settings.tolerance)
            ),
            tfma.MetricConfig(class_name="QuadraticKappa", module=own),
            tfma.MetricConfig(class_name="MultiClassConfusionMatrixAtThresholds", config='{"thresholds": [0.0]}'),
        ],
    )


def _ranking(floors: Floors | None, settings: EvaluationSettings) -> tfma.MetricsSpec:
    above = floors.random_ndcg + settings.above_random if floors else None
    return tfma.MetricsSpec(
        output_names=["expected_gain"],
        query_key=columns.QUERY_ID,
        # Not the metric's own `top_k_list`: thresholds are looked up by the keys that `binarize` makes.
        binarize=config_pb2.BinarizationOptions(top_k_list={"values": [TOP_K]}),
        metrics=[
            tfma.MetricConfig(
                class_name="NDCG",
                config=json.dumps({"gain_key": GAIN}),
                per_slice_thresholds=_threshold(above, settings.tolerance),
            )
        ],
    )


def _threshold(lower: float | None, tolerance: float | None) -> list[config_pb2.PerSliceMetricThreshold]:
    """Over the whole split, a value of at least `lower`, at most `tolerance` below the baseline's; None is no bound."""
    threshold = tfma.MetricThreshold()
    if lower is not None:
        threshold.value_threshold.lower_bound.value = lower
    if tolerance is not None:
        threshold.change_threshold.direction = tfma.MetricDirection.HIGHER_IS_BETTER
        threshold.change_threshold.absolute.value = -tolerance
    # A plain `threshold` would hold for every slice, however few pairs it has.
    return [config_pb2.PerSliceMetricThreshold(slicing_specs=[tfma.SlicingSpec()], threshold=threshold)]
