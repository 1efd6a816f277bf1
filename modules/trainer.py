"""Trains the ESCI classifier inside TFX's Trainer: `run_fn="modules.trainer.run_fn"`."""

import json
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
from vitrine.metrics.classification import classification
from vitrine.tracking.emissions import start_emissions
from vitrine.tracking.recorder import Recorder, open_recorder

METRICS_FILE: Final = "metrics.json"
QUERY_ONLY: Final = "query_only"


def run_fn(fn_args: FnArgs) -> None:
    """Trains, calibrates, measures on the eval split, exports and records.

    `fn_args.custom_config` is a `ClassifierSettings` as a dict. Beside the SavedModel in `serving_model_dir`, this
    leaves in `model_run_dir` `metrics.json`: `classifier` and `query_only`, each with `accuracy`, `macro_f1`, `kappa`
    and `log_loss` of the eval split; and `emissions.csv`.
    """
    config = ClassifierSettings.model_validate(fn_args.custom_config or {})
    run_directory = Path(fn_args.model_run_dir)
    run_directory.mkdir(parents=True, exist_ok=True)
    recorder = open_recorder(config.tracking, config.model, _lineage(fn_args, config), run_directory.parent)
    stop_emissions = start_emissions(config.tracking, run_directory)
    finished = False
    try:
        recorder.parameters(config.model_dump(mode="json", exclude={"tracking", "lineage"}))
        metrics = _train(fn_args, config, recorder)
        (run_directory / METRICS_FILE).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
        finished = True
    finally:
        recorder.metrics(stop_emissions())
        recorder.files(run_directory)
        recorder.close(failed=not finished)


def _train(fn_args: FnArgs, config: ClassifierSettings, recorder: Recorder) -> dict[str, dict[str, float]]:
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    spec = transform.transformed_feature_spec()
    fitting, validation = open_folds(fn_args.train_files, spec, config.validation_share)
    held_out, _ = open_folds(fn_args.eval_files, spec)
    model = fit(config, fitting, validation, recorder.epoch)
    temperature = _temperature(model, validation) if config.calibrate else 1.0
    classifier = Classifier(model, transform.transform_features_layer(), transform.raw_feature_spec(), temperature)
    export_classifier(classifier, fitting.dimension, fn_args.serving_model_dir)
    recorder.files(Path(fn_args.serving_model_dir), "model")
    metrics = {"classifier": _measure(model, held_out, temperature)}
    recorder.metrics(metrics["classifier"] | {"temperature": temperature})
    if config.query_only_baseline:
        # Without class weights, so that it is measured where it belongs: at the majority class.
        floor = config.model_copy(update={"model": QUERY_ONLY, "class_weights": "none"})
        baseline = fit(floor, fitting, validation, lambda _epoch, _logs: None)
        metrics[QUERY_ONLY] = _measure(baseline, held_out)
        recorder.metrics({f"{QUERY_ONLY}_{name}": value for name, value in metrics[QUERY_ONLY].items()})
    return metrics


def _temperature(model: keras.Model, validation: Fold) -> float:
    return fit_temperature(*predict(model, validation))


def _measure(model: keras.Model, fold: Fold, temperature: float = 1.0) -> dict[str, float]:
    logits, label = predict(model, fold)
    found = classification(label, logits.argmax(1))
    return {
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "kappa": found.kappa,
        "log_loss": log_loss(logits / temperature, label),
    }


def _lineage(fn_args: FnArgs, config: ClassifierSettings) -> dict[str, str]:
    """Where this training stands in the pipeline: artifact URIs as ML Metadata has them, and what the caller adds."""
    uris: Mapping[str, Any] = {
        "transformed_examples": Path(fn_args.train_files[0]).parents[1],
        "transform_graph": fn_args.transform_graph_path,
        "schema": fn_args.schema_path,
        "model": Path(fn_args.serving_model_dir).parent,
        "model_run": fn_args.model_run_dir,
    }
    known = {f"tfx.{name}": str(uri) for name, uri in uris.items() if uri}
    return known | {f"lineage.{name}": value for name, value in config.lineage.items()}
