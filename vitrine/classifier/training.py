"""Training of a classifier with class weights and early stopping."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from vitrine.classifier.folds import CHUNK, Fold, batches, read_chunks, with_vectors
from vitrine.classifier.model import build_model, similarities
from vitrine.classifier.settings import ClassifierSettings
from vitrine.classifier.soft_targets import SoftTargets
from vitrine.labels import LABELS

EpochReport = Callable[[int, Mapping[str, float]], None]


class Predictions(NamedTuple):
    """A model's predictions for a fold: `logits` float32 [N, 4] and `label` int64 [N], in file order."""

    logits: np.ndarray
    label: np.ndarray


def fit(
    settings: ClassifierSettings,
    fitting: Fold,
    validation: Fold,
    on_epoch: EpochReport,
    teacher: SoftTargets | None = None,
) -> keras.Model:
    """Train a model and return it with the weights of its best epoch, by validation loss.

    The same settings and data give the same weights on one machine.

    Args:
        settings: model, loss and schedule.
        fitting: pairs to fit.
        validation: pairs of other queries, which decide when to stop; where it is empty, the fitting fold decides.
        on_epoch: called with the epoch's number, from 0, and its metrics.
        teacher: targets of the pairs to fit, to mix with their labels.
    """
    keras.utils.set_random_seed(settings.seed)
    model = build_model(settings, fitting.dimension, fitting.lexical, fitting.categories)
    if settings.model == "pair":
        first = with_vectors(fitting, read_chunks(fitting).take(1))
        model.get_layer("similarities").adapt(np.concatenate([similarities(inputs) for inputs, _ in first]))
    model.compile(
        keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay),
        loss=_loss(settings),
        metrics=["accuracy"],
        jit_compile=False,  # compiling takes longer than it saves in these small steps
    )
    weights = class_weights(fitting.labels, settings.class_weights)
    monitored = "val_loss" if len(validation.labels) else "loss"
    held_out = batches(validation, weights, CHUNK, cache_megabytes=settings.cache_megabytes)
    model.fit(
        batches(fitting, weights, settings.batch_size, settings.seed, settings.cache_megabytes, teacher),
        epochs=settings.epochs,
        validation_data=held_out if len(validation.labels) else None,
        shuffle=False,  # `batches` shuffles
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(monitored, mode="min", patience=settings.patience, restore_best_weights=True),
            keras.callbacks.LambdaCallback(on_epoch_end=on_epoch),
        ],
    )
    return model


def _loss(settings: ClassifierSettings) -> keras.losses.Loss:
    if settings.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=settings.focal_gamma, from_logits=True)
    return keras.losses.CategoricalCrossentropy(from_logits=True)


def class_weights(label: np.ndarray, scheme: str) -> np.ndarray:
    """Return the weight of each class, float32 [4], with a mean of 1 over `label` (int64 [N])."""
    counts = np.maximum(np.bincount(label, minlength=len(LABELS)), 1)
    power = {"none": 0.0, "sqrt": 0.5, "balanced": 1.0}[scheme]
    weights: np.ndarray = (len(label) / counts) ** power
    normalized: np.ndarray = (weights / weights[label].mean()).astype(np.float32)
    return normalized


def predict(model: keras.Model, fold: Fold) -> Predictions:
    """Return the logits and labels of every pair of a fold."""
    forward = tf.function(lambda inputs: model(inputs, training=False), reduce_retracing=True, autograph=False)
    parts = [(forward(inputs).numpy(), label.numpy()) for inputs, label in with_vectors(fold, read_chunks(fold))]
    parts.append((np.zeros([0, len(LABELS)], np.float32), np.zeros([0], np.int64)))  # an empty fold has no chunk
    return Predictions(*(np.concatenate(part) for part in zip(*parts, strict=True)))
