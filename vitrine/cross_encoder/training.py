"""Fine-tuning on judgements: the best epoch by the loss of queries held out, then a temperature."""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from vitrine.classifier.calibration import fit_temperature, log_softmax
from vitrine.classifier.training import class_weights
from vitrine.cross_encoder.checkpoint import starting_point
from vitrine.cross_encoder.loss import class_loss, ranking_loss
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import CrossEncoder, predict
from vitrine.cross_encoder.settings import CrossEncoderSettings
from vitrine.cross_encoder.trainer import Loss, Trainee
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.data.contract.splits import is_validation
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.loading import source_directory
from vitrine.errors import DataError

EpochReport = Callable[[int, Mapping[str, float]], None]


def fit(config: CrossEncoderSettings, pairs: Pairs, on_epoch: EpochReport) -> CrossEncoder:
    """Fine-tune, and return the cross-encoder of the best epoch, calibrated.

    About `validation_share` of the queries are held out: their loss chooses the epoch, and the temperature is theirs.
    Where none is, the last epoch counts. The same config and data give the same weights on one machine.

    Args:
        config: start, loss and schedule.
        pairs: judged pairs of the train split.
        on_epoch: told the epoch's number, from 0, and its metrics.

    Raises:
        ConfigError: `config.source` does not exist.
        DataError: the checkpoint cannot be read, or no pair is left to fit.
    """
    held_out = np.array([is_validation(query, config.validation_share) for query in pairs.queries], np.bool_)
    fitting, validation = pairs.where(~held_out), pairs.where(held_out)
    if not len(fitting.labels):
        raise DataError(f"no pair to fit: all of the {len(pairs.labels)} belong to queries held out for validation")
    start = starting_point(read_checkpoint(source_directory(config.source)), config.max_tokens, config.seed)
    model = PairModel(start, config.precision, trainable=True)
    weights = class_weights(fitting.labels, config.class_weights)
    trainee = Trainee(config, model, fitting.queries, fitting.texts, fitting.labels, _loss(config, weights))
    best, kept, logits = np.inf, trainee.weights(), np.zeros((0, 4), np.float32)
    for epoch in range(config.epochs):
        metrics = {"loss": trainee.epoch()}
        found = predict(model, validation.queries, validation.texts)
        if len(found):
            metrics["val_loss"] = weighted_loss(found, validation.labels, weights)
            metrics["val_accuracy"] = float((found.argmax(axis=1) == validation.labels).mean())
        on_epoch(epoch, metrics)
        reached = metrics.get("val_loss", -float(epoch))
        if reached < best:
            best, kept, logits = reached, trainee.weights(), found
    trainee.restore(kept)
    if config.calibrate:
        model.cool(fit_temperature(logits, validation.labels))
    return CrossEncoder(model, start.files)


def weighted_loss(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    """Mean negative log likelihood of class ids [N], each with its class' weight; logits [N, 4], weights [4]."""
    losses = -log_softmax(logits)[np.arange(len(labels)), labels]
    return float(np.average(losses, weights=weights[labels]))


def _loss(config: CrossEncoderSettings, weights: np.ndarray) -> Loss:
    def loss(logits: tf.Tensor, targets: tf.Tensor, queries: tf.Tensor) -> tf.Tensor:
        total = class_loss(logits, targets, weights, config.label_smoothing)
        if config.ranking_weight:
            total += config.ranking_weight * ranking_loss(logits, targets, queries)
        return total

    return loss
