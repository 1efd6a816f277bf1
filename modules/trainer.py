"""Trains the ESCI classifier inside TFX's Trainer: `run_fn="modules.trainer.run_fn"`."""

import json
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine.classifier.calibration import fit_temperature
from vitrine.classifier.config import ClassifierConfig
from vitrine.classifier.export import Classifier, export_classifier
from vitrine.classifier.metrics import accuracy, confusion_matrix, macro_f1, quadratic_kappa
from vitrine.classifier.pairs import read_pairs, split_validation
from vitrine.classifier.training import fit
from vitrine.data import columns


def run_fn(fn_args: FnArgs) -> None:
    """Trains, calibrates, measures on the eval split, and exports.

    `fn_args.custom_config` is a `ClassifierConfig` as a dict. Beside the SavedModel in `serving_model_dir`, it leaves
    `metrics.json` in `model_run_dir`: `classifier` and `query_only`, each with `accuracy`, `macro_f1`, `kappa`.
    """
    config = ClassifierConfig.model_validate(fn_args.custom_config or {})
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    spec = transform.transformed_feature_spec()
    fitting, validation = split_validation(read_pairs(fn_args.train_files, spec), config.validation_share)
    held_out = read_pairs(fn_args.eval_files, spec)
    names = {"classifier": config.model} | ({"query_only": "query_only"} if config.query_only_baseline else {})
    results: dict[str, Any] = {}
    for name, kind in names.items():
        model = fit(config.model_copy(update={"model": kind}), fitting, validation, lambda _epoch, _logs: None)
        logits = model.predict(held_out.inputs, batch_size=4096, verbose=0)
        matrix = confusion_matrix(held_out.label, logits.argmax(1))
        results[name] = {"accuracy": accuracy(matrix), "macro_f1": macro_f1(matrix), "kappa": quadratic_kappa(matrix)}
        if name == "classifier":
            temperature = 1.0
            if config.calibrate:
                temperature = fit_temperature(
                    model.predict(validation.inputs, batch_size=4096, verbose=0), validation.label
                )
            classifier = Classifier(
                model, transform.transform_features_layer(), transform.raw_feature_spec(), temperature
            )
            dimension = fitting.inputs[columns.QUERY_VECTOR].shape[1]
            export_classifier(classifier, dimension, fn_args.serving_model_dir)
    tf.io.gfile.makedirs(fn_args.model_run_dir)
    Path(fn_args.model_run_dir, "metrics.json").write_text(json.dumps(results, indent=2), encoding="utf-8")
