import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from apache_beam.testing.util import assert_that

from components.evaluator.pruning import measured_features, prune_extracts
from modules.eval_config import make_eval_config
from vitrine.evaluation.settings import EvaluationSettings

EXTRACTS = {
    "input": np.array([b"example", b"example"]),
    "features": {"query_id": np.array([[b"q"], [b"r"]]), "gain": np.array([[1.0], [0]]), "title": np.array([[b"mug"]])},
    "transformed_features": {"text_vector": np.zeros((2, 4))},
    "labels": np.array([[3], [0]]),
    "predictions": {"expected_gain": np.array([0.9, 0.1])},
}


def test_metrics_and_slices_read_few_features() -> None:
    config = make_eval_config(EvaluationSettings(slices=("brand",)))
    assert measured_features(config) == {"query_id", "gain", "brand"}
    valued = tfma.EvalConfig(slicing_specs=[tfma.SlicingSpec(feature_values={"color": "red"})])
    assert measured_features(valued) == {"gain", "color"}


def test_only_these_predictions_and_labels_stay() -> None:
    def check(kept: list[dict[str, object]]) -> None:
        (extracts,) = kept
        assert set(extracts) == {"features", "labels", "predictions"}
        assert set(extracts["features"]) == {"query_id", "gain"}
        for name in ("labels", "predictions"):
            assert extracts[name] is not None
        np.testing.assert_array_equal(extracts["features"]["gain"], EXTRACTS["features"]["gain"])

    with beam.Pipeline(argv=["--direct_running_mode=in_memory"]) as pipeline:
        kept = pipeline | beam.Create([EXTRACTS]) | prune_extracts(make_eval_config())
        assert_that(kept, check)
