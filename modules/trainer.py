"""Training of the ESCI classifier inside TFX's Trainer: `run_fn="modules.trainer.run_fn"`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import keras
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine.classifier.calibration import fit_temperature, log_loss
from vitrine.classifier.export import Classifier, export_classifier
from vitrine.classifier.folds import Fold, open_folds
from vitrine.classifier.settings import ClassifierSettings
from vitrine.classifier.training import fit, predict
from vitrine.cross_encoder.teaching import soft_targets
from vitrine.embeddings.pair_vectors import PairVectors
from vitrine.evaluation.metrics_file import write_metrics
from vitrine.metrics.classification import classification
from vitrine.tracking.recorder import Recorder
from vitrine.tracking.training import recorded_training

QUERY_ONLY: Final = "query_only"


def run_fn(fn_args: FnArgs) -> None:
    """Train, calibrate, evaluate on the eval split, export and record.

    `fn_args.custom_config` has the fields of `ClassifierSettings`, and `embeddings`, the folders of the embeddings of
    queries and products, which `components.trainer` adds. Besides the SavedModel in `serving_model_dir`,
    this writes `metrics.json` and `emissions.csv` into `model_run_dir`. The metrics are `classifier` and `query_only`,
    each with `accuracy`, `macro_f1`, `kappa` and `log_loss` of the eval split.
    """
    fields = dict(fn_args.custom_config)
    embeddings = fields.pop("embeddings", {})
    settings = ClassifierSettings.model_validate(fields)
    vectors = PairVectors.open(Path(embeddings["query_embeddings"]), Path(embeddings["product_embeddings"]))
    directory = Path(fn_args.model_run_dir)
    with recorded_training(settings.tracking, settings.model, _lineage(fn_args, settings), directory) as recorder:
        recorder.parameters(settings.model_dump(mode="json", exclude={"tracking", "lineage"}))
        write_metrics(directory, _train(fn_args, settings, vectors, recorder))


def _train(
    fn_args: FnArgs, settings: ClassifierSettings, vectors: PairVectors, recorder: Recorder
) -> dict[str, dict[str, float]]:
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    spec = transform.transformed_feature_spec()
    fitting, validation = open_folds(fn_args.train_files, spec, vectors, settings.validation_share)
    held_out, _ = open_folds(fn_args.eval_files, spec, vectors)
    teacher = soft_targets(settings.teacher, fitting) if settings.teacher else None
    model = fit(settings, fitting, validation, recorder.epoch, teacher)
    temperature = _temperature(model, validation) if settings.calibrate else 1.0
    classifier = Classifier(model, transform.transform_features_layer(), transform.raw_feature_spec(), temperature)
    export_classifier(classifier, fitting.dimension, fn_args.serving_model_dir)
    recorder.files(Path(fn_args.serving_model_dir), "model")
    metrics = {"classifier": _measure(model, held_out, temperature)}
    recorder.metrics(metrics["classifier"] | {"temperature": temperature})
    if settings.query_only_baseline:
        # Without class weights, so that its accuracy is near the majority class, as it should be.
        floor = settings.model_copy(update={"model": QUERY_ONLY, "class_weights": "none"})
        baseline = fit(floor, fitting, validation, lambda _epoch, _logs: None)
        metrics[QUERY_ONLY] = _measure(baseline, held_out)
        recorder.metrics({f"{QUERY_ONLY}_{name}": value for name, value in metrics[QUERY_ONLY].items()})
    return metrics


def _temperature(model: keras.Model, validation: Fold) -> float:
    return fit_temperature(*predict(model, validation))


def _measure(model: keras.Model, fold: Fold, temperature: float = 1.0) -> dict[str, float]:
    logits, label = predict(model, fold)
    scores = classification(label, logits.argmax(1))
    return {
        "accuracy": scores.accuracy,
        "macro_f1": scores.macro_f1,
        "kappa": scores.kappa,
        "log_loss": log_loss(logits / temperature, label),
    }


def _lineage(fn_args: FnArgs, settings: ClassifierSettings) -> dict[str, str]:
    """Return the lineage of this training: artifact URIs as ML Metadata has them, and the settings' own entries."""
    uris: Mapping[str, Any] = {
        "transformed_examples": Path(fn_args.train_files[0]).parents[1],
        "transform_graph": fn_args.transform_graph_path,
        "schema": fn_args.schema_path,
        "model": Path(fn_args.serving_model_dir).parent,
        "model_run": fn_args.model_run_dir,
    }
    artifacts = {f"tfx.{name}": str(uri) for name, uri in uris.items() if uri}
    return artifacts | {f"lineage.{name}": value for name, value in settings.lineage.items()}
