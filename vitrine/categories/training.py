"""Training of one category head on frozen vectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.categories.examples import Examples, InputVectors, Vectors
from vitrine.categories.head import CategoryHead
from vitrine.categories.imbalance import class_weights, logit_offsets, losses
from vitrine.categories.settings import CategorySettings
from vitrine.classifier.calibration import fit_temperature
from vitrine.embeddings.table import RowNumbers
from vitrine.encoders.adamw import AdamW

WARMUP_SHARE: Final = 0.05
CLIP_NORM: Final = 10.0


@dataclass(frozen=True)
class Fitted:
    """A trained head, and the epoch whose weights it has."""

    head: CategoryHead
    epoch: int


class HeadTrainer:
    """A head in training."""

    def __init__(self, settings: CategorySettings, names: Sequence[str], source: InputVectors, examples: Examples):
        """Prepare to train on `examples`, whose vectors are gathered from `source`."""
        self._settings, self._source, self._examples = settings, source, examples
        self._generator = np.random.default_rng(settings.seed)
        self.head = CategoryHead.initial(names, source.dimension, settings.hidden, settings.seed)
        sizes = np.bincount(examples.label, examples.weight, len(names)).astype(np.float32)
        self._class_weights = class_weights(settings, sizes)
        self._offsets = tf.constant(logit_offsets(settings, sizes))
        self._sizes = sizes
        steps = settings.epochs * -(-len(examples) // settings.batch_size)
        rates = [settings.learning_rate] * len(self.head.layers)
        self._optimizer = AdamW(self.head.layers, rates, steps, WARMUP_SHARE, settings.weight_decay, CLIP_NORM)
        vectors = tf.TensorSpec([None, source.dimension], tf.float32)
        numbers, weights = tf.TensorSpec([None], tf.int64), tf.TensorSpec([None], tf.float32)
        self._step = tf.function(self._take_step, input_signature=[vectors, numbers, weights], autograph=False)

    def epoch(self) -> None:
        """Pass over the examples once."""
        for places in self._batches():
            batch = self._examples.take(places)
            weight = self._class_weights[batch.label]
            if self._settings.imbalance != "sampling":  # drawn examples have their weight by how often they are drawn
                weight = weight * batch.weight
            views = self._source.views
            view = views.draw(len(batch), self._generator) if views else None
            self._step(batch.vectors(self._source, view), batch.label, weight)

    def _batches(self) -> Iterator[RowNumbers]:
        count = len(self._examples)
        if self._settings.imbalance == "sampling":
            odds = (self._examples.weight / self._sizes[self._examples.label]).astype(np.float64)
            order = self._generator.choice(count, count, p=odds / odds.sum())
        else:
            order = self._generator.permutation(count)
        for start in range(0, count, self._settings.batch_size):
            yield order[start : start + self._settings.batch_size]

    def _take_step(self, vectors: tf.Tensor, label: tf.Tensor, weight: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            each = losses(self._settings, self.head.logits(vectors) + self._offsets, label)
            loss = tf.reduce_sum(each * weight) / tf.reduce_sum(weight)
        self._optimizer.apply(tape.gradient(loss, self.head.layers))

    def validation_loss(self, logits: Vectors, held_out: Examples) -> float:
        """Return the loss of held-out examples, weighted as in training."""
        each = losses(self._settings, tf.constant(logits) + self._offsets, tf.constant(held_out.label)).numpy()
        weight = self._class_weights[held_out.label] * held_out.weight
        return float((each * weight).sum() / max(weight.sum(), np.finfo(np.float32).tiny))


def fit(
    settings: CategorySettings, names: Sequence[str], source: InputVectors, examples: Examples, held_out: Examples
) -> Fitted:
    """Train until the loss of `held_out` no longer falls, and calibrate on it: logits are divided by a temperature.

    The temperature minimises the log loss of held-out examples (Guo et al. 2017, arXiv:1706.04599).
    """
    trainer = HeadTrainer(settings, names, source, examples)
    best, epoch, lowest = trainer.head.weights(), 0, np.inf
    for number in range(1, settings.epochs + 1):
        trainer.epoch()
        logits = predict_logits(trainer.head, source, held_out)
        loss = trainer.validation_loss(logits, held_out) if len(held_out) else -number
        if loss < lowest:
            best, epoch, lowest = trainer.head.weights(), number, loss
        elif number - epoch >= settings.patience:
            break
    head = CategoryHead(names, best)
    return Fitted(CategoryHead(names, best, temperature(head, source, held_out)), epoch)


def fit_epochs(
    settings: CategorySettings, names: Sequence[str], source: InputVectors, examples: Examples, epochs: int
) -> CategoryHead:
    """Train for a number of epochs, on the schedule of step sizes that `fit` has, and hold out nothing."""
    trainer = HeadTrainer(settings, names, source, examples)
    for _ in range(epochs):
        trainer.epoch()
    return trainer.head


def temperature(head: CategoryHead, source: InputVectors, held_out: Examples) -> float:
    """Return the temperature of a head's logits by held-out examples; 1 without any."""
    return fit_temperature(predict_logits(head, source, held_out), held_out.label)


def predict_logits(head: CategoryHead, source: InputVectors, examples: Examples) -> Vectors:
    """Return the logits of examples before calibration, float32 [E, C]."""
    parts = [head.logits(block.vectors(source)).numpy() for block in examples.blocks()]
    return np.concatenate(parts) if parts else np.zeros((0, len(head.names)), np.float32)
