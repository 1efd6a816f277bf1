"""Fitting a classifier: weights of the classes, early stopping, the best epoch's weights."""

from collections.abc import Callable, Mapping

import keras
import numpy as np

from vitrine.classifier.config import ClassifierConfig
from vitrine.classifier.features import LEXICAL
from vitrine.classifier.model import build_model
from vitrine.classifier.pairs import Pairs
from vitrine.data import columns
from vitrine.labels import LABELS

EpochReport = Callable[[int, Mapping[str, float]], None]


def fit(config: ClassifierConfig, fitting: Pairs, validation: Pairs, on_epoch: EpochReport) -> keras.Model:
    """Trains a model and returns it with the weights of its best epoch.

    Args:
        config: model, loss and schedule.
        fitting: pairs to learn from.
        validation: pairs of other queries, which decide when to stop.
        on_epoch: told the epoch's number, from 0, and its metrics.
    """
    keras.utils.set_random_seed(config.seed)
    dimension, lexical = fitting.inputs[columns.QUERY_VECTOR].shape[1], fitting.inputs[LEXICAL].shape[1]
    model = build_model(config, dimension, lexical)
    model.compile(
        optimizer=keras.optimizers.AdamW(config.learning_rate, weight_decay=config.weight_decay),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=[],
    )
    weights = class_weights(fitting.label, config.class_weights)
    model.fit(
        fitting.inputs,
        fitting.label,
        sample_weight=weights[fitting.label],
        batch_size=config.batch_size,
        epochs=config.epochs,
        validation_data=(validation.inputs, validation.label, weights[validation.label]),
        validation_batch_size=4096,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping("val_loss", patience=config.patience, restore_best_weights=True),
            keras.callbacks.LambdaCallback(on_epoch_end=on_epoch),
        ],
    )
    return model


def class_weights(label: np.ndarray, scheme: str) -> np.ndarray:
    """Weight of each class, float32 [4], with a mean of 1 over `label` (int64 [N])."""
    counts = np.maximum(np.bincount(label, minlength=len(LABELS)), 1)
    power = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}[scheme]
    weights = (len(label) / counts) ** power
    return (weights / weights[label].mean()).astype(np.float32)
