"""The EvalConfig: metrics, slices, and the thresholds that a classifier must reach to be blessed."""

import json
from typing import Final

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from vitrine.classifier.feature_names import LABEL
from vitrine.data import columns
from vitrine.evaluation.settings import EvaluationSettings

TOP_K: Final = 10


def make_eval_config(settings: EvaluationSettings | None = None) -> tfma.EvalConfig:
    """Build the EvalConfig.

    Args:
        settings: slices and margins.

    Returns:
        A config for the exported classifier, with the last blessed one as baseline. TFX removes the comparisons from it
        in a first run, which has no baseline.
    """
    settings = settings or EvaluationSettings()
    return tfma.EvalConfig(
        model_specs=[_model(is_baseline=False), _model(is_baseline=True)],
        metrics_specs=[_classification(settings), _ranking(settings)],
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


def _classification(settings: EvaluationSettings) -> tfma.MetricsSpec:
    metrics_module = __name__.rpartition(".")[0] + ".eval_metrics"
    return tfma.MetricsSpec(
        output_names=["probabilities"],
        metrics=[
            tfma.MetricConfig(class_name="ExampleCount"),
            tfma.MetricConfig(class_name="Accuracy", module=metrics_module),
            tfma.MetricConfig(
                class_name="AccuracyAboveMajority",
                module=metrics_module,
                per_slice_thresholds=_threshold(settings.above_majority, None),
            ),
            tfma.MetricConfig(
                class_name="MacroF1", module=metrics_module, per_slice_thresholds=_threshold(None, settings.tolerance)
            ),
            tfma.MetricConfig(class_name="QuadraticKappa", module=metrics_module),
            tfma.MetricConfig(class_name="MultiClassConfusionMatrixAtThresholds", config='{"thresholds": [0.0]}'),
        ],
    )


def _ranking(settings: EvaluationSettings) -> tfma.MetricsSpec:
    return tfma.MetricsSpec(
        output_names=["expected_gain"],
        query_key=columns.QUERY_ID,
        # Not the metric's own `top_k_list`: TFMA looks thresholds up by the keys that `binarize` makes.
        binarize=config_pb2.BinarizationOptions(top_k_list={"values": [TOP_K]}),
        metrics=[
            tfma.MetricConfig(
                class_name="NDCG",
                config=json.dumps({"gain_key": columns.GAIN}),
                per_slice_thresholds=_threshold(None, settings.tolerance),
            )
        ],
    )


def _threshold(lower: float | None, tolerance: float | None) -> list[config_pb2.PerSliceMetricThreshold]:
    """Return thresholds over the whole split: at least `lower`, at most `tolerance` below the baseline."""
    threshold = tfma.MetricThreshold()
    if lower is not None:
        threshold.value_threshold.lower_bound.value = lower
    if tolerance is not None:
        threshold.change_threshold.direction = tfma.MetricDirection.HIGHER_IS_BETTER
        threshold.change_threshold.absolute.value = -tolerance
    # A plain `threshold` would hold for every slice, however few pairs it has.
    return [config_pb2.PerSliceMetricThreshold(slicing_specs=[tfma.SlicingSpec()], threshold=threshold)]
