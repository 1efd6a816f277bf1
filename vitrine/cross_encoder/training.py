"""Fine-tuning on judgements, with early stopping by the loss of held-out queries and a fitted temperature."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from scipy import special  # type: ignore[import-untyped]

from vitrine.classifier.calibration import fit_temperature
from vitrine.classifier.training import class_weights
from vitrine.cross_encoder.initial_checkpoint import initial_checkpoint
from vitrine.cross_encoder.loss import class_loss, ranking_loss
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import CrossEncoder, predict
from vitrine.cross_encoder.settings import CrossEncoderSettings
from vitrine.cross_encoder.trainer import CrossEncoderTrainer, Loss
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.data.contract.splits import is_validation
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.loading import source_directory
from vitrine.errors import DataError

Weights = npt.NDArray[np.float64]
"""A weight per class, float64 [4]."""
EpochReport = Callable[[int, Mapping[str, float]], None]


def fit(settings: CrossEncoderSettings, pairs: Pairs, on_epoch: EpochReport) -> CrossEncoder:
    """Fine-tune, and return the calibrated cross-encoder of the best epoch.

    About `validation_share` of the queries are held out. Their loss chooses the epoch, and the temperature is fitted on
    them; without any, the last epoch is kept. The same settings and data give the same weights on one machine.

    Args:
        settings: source, loss and schedule.
        pairs: judged pairs of the train split.
        on_epoch: called with the epoch's number, from 0, and its metrics.

    Raises:
        ConfigError: `settings.source` does not exist.
        DataError: the checkpoint cannot be read, or no pair is left to fit.
    """
    held_out = np.array([is_validation(query, settings.validation_share) for query in pairs.queries], np.bool_)
    fitting, validation = pairs.where(~held_out), pairs.where(held_out)
    if not len(fitting.labels):
        raise DataError(f"no pair to fit: all of the {len(pairs.labels)} belong to queries held out for validation")
    start = initial_checkpoint(read_checkpoint(source_directory(settings.source)), settings.max_tokens, settings.seed)
    model = PairModel(start, settings.precision, trainable=True)
    weights = class_weights(fitting.labels, settings.class_weights)
    trainer = CrossEncoderTrainer(
        settings, model, fitting.queries, fitting.texts, fitting.labels, _loss(settings, weights)
    )
    best, kept, logits = np.inf, trainer.weights(), np.zeros((0, 4), np.float32)
    for epoch in range(settings.epochs):
        metrics = {"loss": trainer.epoch()}
        predicted = predict(model, validation.queries, validation.texts)
        if len(predicted):
            metrics["val_loss"] = weighted_loss(predicted, validation.labels, weights)
            metrics["val_accuracy"] = float((predicted.argmax(axis=1) == validation.labels).mean())
        on_epoch(epoch, metrics)
        criterion = metrics.get("val_loss", -float(epoch))
        if criterion < best:
            best, kept, logits = criterion, trainer.weights(), predicted
    trainer.restore(kept)
    if settings.calibrate:
        model.apply_temperature(fit_temperature(logits, validation.labels))
    return CrossEncoder(model, start.files)


def weighted_loss(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], weights: Weights) -> float:
    """Return the mean negative log likelihood of class ids [N] by class weight; logits [N, 4], weights [4]."""
    losses = -special.log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]
    return float(np.average(losses, weights=weights[labels]))


def _loss(settings: CrossEncoderSettings, weights: Weights) -> Loss:
    def loss(logits: tf.Tensor, targets: tf.Tensor, queries: tf.Tensor) -> tf.Tensor:
        total = class_loss(logits, targets, weights, settings.label_smoothing)
        if settings.ranking_weight:
            total += settings.ranking_weight * ranking_loss(logits, targets, queries)
        return total

    return loss
