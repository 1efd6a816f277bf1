"""Fine-tuning a cross-encoder: the best epoch by the loss of queries held out, then a temperature."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.classifier.calibration import fit_temperature, log_loss
from vitrine.cross_encoder.checkpoint import starting_point
from vitrine.cross_encoder.config import CrossEncoderConfig
from vitrine.cross_encoder.loss import class_loss, ranking_loss
from vitrine.cross_encoder.model import STRINGS, PairModel
from vitrine.cross_encoder.optimizer import AdamW
from vitrine.cross_encoder.pairs import Pairs, epoch_batches
from vitrine.cross_encoder.scoring import CrossEncoder, pair_lengths, predict
from vitrine.data.splits import is_validation
from vitrine.encoders.batching import text_bytes
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.load import source_directory
from vitrine.errors import DataError

EpochReport = Callable[[int, Mapping[str, float]], None]

LABELS_SPEC: Final = tf.TensorSpec([None], tf.int64)


def fit(config: CrossEncoderConfig, pairs: Pairs, on_epoch: EpochReport) -> CrossEncoder:
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
    source = read_checkpoint(source_directory(config.source))
    start = starting_point(source, config.max_tokens, config.seed)
    trainee = Trainee(config, PairModel(start, config.precision, trainable=True), fitting)
    best, kept, logits = np.inf, trainee.weights(), np.zeros((0, 4), np.float32)
    for epoch in range(config.epochs):
        metrics = {"loss": trainee.epoch()}
        found = predict(trainee.model, validation.queries, validation.texts)
        if len(found):
            metrics["val_loss"] = log_loss(found, validation.labels)
            metrics["val_accuracy"] = float((found.argmax(axis=1) == validation.labels).mean())
        on_epoch(epoch, metrics)
        reached = metrics.get("val_loss", -float(epoch))
        if reached < best:
            best, kept, logits = reached, trainee.weights(), found
    for variable, value in zip(trainee.model.trainable_variables, kept, strict=True):
        variable.assign(value)
    if config.calibrate:
        trainee.model.cool(fit_temperature(logits, validation.labels))
    return CrossEncoder(trainee.model, start.files)


class Trainee:
    """A model while it is trained: its optimiser, its dropout, and the pairs it learns from."""

    def __init__(self, config: CrossEncoderConfig, model: PairModel, pairs: Pairs):
        self.model, self._config = model, config
        self._rng = np.random.default_rng(config.seed)
        self._random = tf.random.Generator.from_seed(config.seed)
        self._pairs = pairs
        self._lengths = pair_lengths(text_bytes(pairs.queries), text_bytes(pairs.texts), model.max_tokens)
        self._variables = [
            variable for variable in model.trainable_variables if config.train_words or variable is not model.bert.words
        ]
        steps = sum(1 for _ in self._batches(np.random.default_rng(config.seed))) * config.epochs
        self._optimizer = AdamW(
            self._variables,
            [config.learning_rate * config.layer_decay ** depth(model, variable) for variable in self._variables],
            steps,
            config.warmup_share,
            config.weight_decay,
            config.clip_norm,
        )

    def epoch(self) -> float:
        """Train on every pair once; returns the mean loss of the steps."""
        queries, texts, labels = self._pairs
        losses = [
            self._step([queries[row] for row in rows], [texts[row] for row in rows], labels[rows])
            for rows in self._batches(self._rng)
        ]
        return float(np.mean(losses))

    def weights(self) -> list[np.ndarray]:
        """Return a copy of the trainable variables."""
        return [variable.numpy() for variable in self.model.trainable_variables]

    def _batches(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        config = self._config
        return epoch_batches(self._pairs.queries, self._lengths, config.batch_size, config.group_size, rng)

    @tf.function(input_signature=[STRINGS, STRINGS, LABELS_SPEC])
    def _step(self, queries: tf.Tensor, texts: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            logits = self.model(queries, texts, self._drop)
            loss = class_loss(logits, labels, self._config.label_smoothing)
            if self._config.ranking_weight:
                loss += self._config.ranking_weight * ranking_loss(logits, labels, queries)
        self._optimizer.apply(tape.gradient(loss, self._variables))
        return loss

    def _drop(self, x: tf.Tensor) -> tf.Tensor:
        if not self._config.dropout:
            return x
        seed = self._random.make_seeds()[:, 0]
        return tf.nn.experimental.stateless_dropout(x, self._config.dropout, seed=tf.cast(seed, tf.int32))


def depth(model: PairModel, variable: tf.Variable) -> int:
    """Layers between the variable's and the classifier."""
    layers = model.bert.layers
    for index, layer in enumerate(layers):
        if any(variable is one for one in layer.variables):
            return len(layers) - index
    in_head = any(variable is one for one in (*model.pooler.variables, *model.classifier.variables))
    return 0 if in_head else len(layers) + 1
