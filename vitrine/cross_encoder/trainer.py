"""The training loop of a cross-encoder: optimiser, dropout and order of the batches."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.cross_encoder.model import STRINGS, PairModel
from vitrine.cross_encoder.scoring import pair_lengths
from vitrine.cross_encoder.settings import Schedule
from vitrine.cross_encoder.training_pairs import epoch_batches
from vitrine.encoders.adamw import AdamW
from vitrine.encoders.dropout import RandomDropout
from vitrine.encoders.text_batches import text_bytes

Loss = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""A function of logits float32 [B, 4], targets [B] and queries, strings [B], that returns a scalar."""


class CrossEncoderTrainer:
    """A model in training with its data and the state of the optimiser."""

    def __init__(
        self,
        schedule: Schedule,
        model: PairModel,
        queries: Sequence[str],
        texts: Sequence[str],
        targets: npt.NDArray[np.int64] | npt.NDArray[np.float32],
        loss: Loss,
    ):
        """Prepare training of `model` on pairs of `queries` and `texts` [P] with `targets` [P]."""
        self.model, self._schedule, self._loss = model, schedule, loss
        self._queries, self._texts, self._targets = queries, texts, targets
        self._lengths = pair_lengths(text_bytes(queries), text_bytes(texts), model.max_tokens)
        self._rng = np.random.default_rng(schedule.seed)
        self._drop = RandomDropout(schedule.dropout, schedule.seed)
        self._variables = [
            variable for variable in model.trainable_variables if schedule.train_words or variable is not model.words
        ]
        rates = [schedule.learning_rate * schedule.layer_decay ** model.depth(variable) for variable in self._variables]
        batches = sum(1 for _ in self._batches(np.random.default_rng(schedule.seed)))
        self._optimizer = AdamW(
            self._variables,
            rates,
            batches * schedule.epochs,
            schedule.warmup_share,
            schedule.weight_decay,
            schedule.clip_norm,
        )
        spec = tf.TensorSpec([None], tf.as_dtype(targets.dtype))
        self._step = tf.function(self._take_step, input_signature=[STRINGS, STRINGS, spec], autograph=False)

    def epoch(self) -> float:
        """Train on every pair once, and return the mean loss of the steps."""
        losses = [
            self._step([self._queries[row] for row in rows], [self._texts[row] for row in rows], self._targets[rows])
            for rows in self._batches(self._rng)
        ]
        return float(np.mean(losses))

    def weights(self) -> list[npt.NDArray[np.float32]]:
        """Return a copy of the trained variables."""
        return [variable.numpy() for variable in self._variables]

    def restore(self, weights: Sequence[npt.NDArray[np.float32]]) -> None:
        """Assign values that `weights` returned."""
        for variable, value in zip(self._variables, weights, strict=True):
            variable.assign(value)

    def _batches(self, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
        return epoch_batches(self._queries, self._lengths, self._schedule.batch_size, self._schedule.group_size, rng)

    def _take_step(self, queries: tf.Tensor, texts: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = self._loss(self.model(queries, texts, self._drop), targets, queries)
        self._optimizer.apply(tape.gradient(loss, self._variables))
        return loss
