"""An encoder in training: its variables, the optimiser, and a step of both."""

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.adamw import AdamW
from vitrine.encoders.dropout import RandomDropout
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.errors import DataError
from vitrine.tuning.batches import Batch
from vitrine.tuning.loss import graded_softmax

MAX_SCALE: Final = 100.0
"""Bound on the inverse temperature, as in CLIP (Radford et al. 2021)."""
STRINGS: Final = tf.TensorSpec([None], tf.string)
TARGET: Final = tf.TensorSpec([None, None], tf.float32)

Weights = list[npt.NDArray[np.float32]]


class Tuner(tf.Module):
    """A sentence encoder in training. `tf.train.Checkpoint` saves all that continues it: weights and optimiser."""

    def __init__(self, encoder: SentenceEncoder, settings: JudgementTuningSettings, steps: int) -> None:
        """Prepare `steps` steps in all.

        Raises:
            DataError: all layers are frozen.
        """
        super().__init__()
        self._encoder, self.steps = encoder, steps
        self._scale = tf.Variable(np.float32(np.log(1 / settings.temperature)), name="scale")
        depths = [(variable, encoder.depth(variable)) for variable in encoder.module.trainable_variables]
        bottom = max(depth for _, depth in depths)
        last = bottom - settings.frozen_layers if settings.frozen_layers else bottom + 1
        trained = [
            (variable, depth)
            for variable, depth in depths
            if depth < last and (settings.train_words or variable is not encoder.words)
        ]
        if not trained:
            raise DataError(
                f"encoder.training.frozen_layers is {settings.frozen_layers}, but the encoder has {bottom - 1} layers; "
                "one at least must be trained"
            )
        self.variables_ = [variable for variable, _ in trained]
        rates = [settings.learning_rate * settings.layer_decay**depth for _, depth in trained]
        self._optimizer = AdamW(
            [*self.variables_, self._scale],
            [*rates, settings.learning_rate],
            steps,
            settings.warmup_share,
            settings.weight_decay,
            settings.clip_norm,
        )
        self._drop = RandomDropout(settings.dropout, settings.seed)

    def step(self, batch: Batch) -> float:
        """Take one step, and return the loss before it."""
        return float(self._step(batch.queries, batch.documents, batch.target))

    def weights(self) -> Weights:
        """Return a copy of the trained variables."""
        return [variable.numpy() for variable in self.variables_]

    def restore(self, weights: Sequence[npt.NDArray[np.float32]]) -> None:
        """Assign values that `weights` returned."""
        for variable, value in zip(self.variables_, weights, strict=True):
            variable.assign(value)

    @tf.function(input_signature=[STRINGS, STRINGS, TARGET], autograph=False)
    def _step(self, queries: tf.Tensor, documents: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        options = self._encoder.options
        with tf.GradientTape() as tape:
            left = self._encoder.module.embed(queries, options.query, self._drop)
            parts = [
                self._encoder.module.embed(part, options.document or "", self._drop) for part in by_length(documents)
            ]
            scale = tf.minimum(tf.exp(self._scale), MAX_SCALE)
            loss = graded_softmax(left, tf.concat(parts, axis=0), target, scale)
        variables = [*self.variables_, self._scale]
        self._optimizer.apply(tape.gradient(loss, variables))
        return loss


def by_length(texts: tf.Tensor) -> list[tf.Tensor]:
    """Split texts, shorter ones first, into four parts: few long texts would make all others as long by padding."""
    count = tf.shape(texts)[0]
    bounds = [0, count // 2, count * 3 // 4, count * 7 // 8, count]
    return [texts[start:end] for start, end in itertools.pairwise(bounds)]
