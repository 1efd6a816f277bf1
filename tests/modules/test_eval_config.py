"""The EvalConfig, run by TFMA on the exported classifier."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.utils.config_util import update_eval_config_with_defaults

from components.evaluator.extractors import custom_extractors
from components.evaluator.vectors import embeddings_in
from modules.eval_config import make_eval_config
from tests.modules.conftest import make_example
from vitrine.data import columns
from vitrine.evaluation.settings import EvaluationSettings

WHOLE: tuple = ()


def _evaluate(
    trained: SimpleNamespace, directory: Path, settings: EvaluationSettings, baseline: bool, joined: Path | None = None
):
    """Evaluate as TFX's Evaluator does; return (result, validation).

    The examples hold their vectors, or those in `joined` the row numbers of the embeddings only.
    """
    config = update_eval_config_with_defaults(make_eval_config(settings), has_baseline=baseline, rubber_stamp=True)
    path = trained.arguments.serving_model_dir
    shared = [
        tfma.default_eval_shared_model(path, model_name=spec.name, eval_config=config) for spec in config.model_specs
    ]
    model = shared if baseline else shared[0]
    with embeddings_in(tuple(trained.arguments.custom_config["embeddings"].values())):
        tfma.run_model_analysis(
            eval_shared_model=model,
            eval_config=config,
            data_location=str(joined or trained.root / "raw-eval.gz"),
            output_path=str(directory),
            extractors=custom_extractors(model, config, None) if joined else None,
            schema=trained.schema,
        )
    name = "candidate" if baseline else None
    return tfma.load_eval_result(str(directory), model_name=name), tfma.load_validation_result(str(directory))


@pytest.fixture(scope="module")
def first_run(trained, tmp_path_factory):
    return _evaluate(trained, tmp_path_factory.mktemp("first"), EvaluationSettings(), baseline=False)


def _whole(result) -> dict[str, float]:
    by_output = dict(result.slicing_metrics)[WHOLE]
    return {
        name: value["doubleValue"]
        for by_key in by_output.values()
        for metrics in by_key.values()
        for name, value in metrics.items()
        if "doubleValue" in value
    }


def test_tfma_measures_what_the_training_measured(first_run, metrics) -> None:
    measured = _whole(first_run[0])
    for name in ("accuracy", "macro_f1", "kappa"):
        assert measured[name] == pytest.approx(metrics["classifier"][name], abs=1e-6)


def test_examples_with_row_numbers_are_measured_like_those_with_vectors(first_run, trained, tmp_path: Path) -> None:
    joined = tmp_path / "joined.gz"
    with tf.io.TFRecordWriter(str(joined), "GZIP") as writer:
        for row in trained.rows["eval"]:
            writer.write(make_example({name: value for name, value in row.items() if name not in columns.VECTORS}))
    result, _ = _evaluate(trained, tmp_path / "evaluation", EvaluationSettings(), baseline=False, joined=joined)
    assert _whole(result) == pytest.approx(_whole(first_run[0]), abs=1e-6)


def test_ndcg_is_measured_by_query(first_run) -> None:
    assert 0.5 < _whole(first_run[0])["ndcg"] <= 1.0


def test_the_confusion_matrix_counts_every_pair(first_run, trained) -> None:
    probabilities = dict(first_run[0].slicing_metrics)[WHOLE]["probabilities"][""]
    (matrix,) = probabilities["multi_class_confusion_matrix_at_thresholds"]["multiClassConfusionMatrixAtThresholds"][
        "matrices"
    ]
    assert sum(entry["numWeightedExamples"] for entry in matrix["entries"]) == len(trained.rows["eval"])


def test_categories_and_images_are_slices(first_run) -> None:
    slices = {key for key, _ in first_run[0].slicing_metrics}
    assert {(("has_image", 0),), (("has_image", 1),), (("category", "mug"),)} <= slices


def test_a_first_run_without_baseline_is_blessed_by_the_floors_alone(first_run) -> None:
    assert first_run[1].validation_ok
    assert not first_run[1].missing_thresholds


def test_a_model_below_the_floor_is_refused(trained, tmp_path: Path) -> None:
    _, validation = _evaluate(trained, tmp_path, EvaluationSettings(above_majority=0.99), baseline=False)
    assert not validation.validation_ok
    failures = [
        failure.metric_key.name for part in validation.metric_validations_per_slice for failure in part.failures
    ]
    assert failures == ["accuracy_above_majority"]


def test_a_model_no_worse_than_its_baseline_is_blessed(trained, tmp_path: Path) -> None:
    result, validation = _evaluate(trained, tmp_path, EvaluationSettings(), baseline=True)
    assert validation.validation_ok
    assert np.isfinite(_whole(result)["macro_f1"])
