"""Variables in training: their step sizes, the optimiser, and gradients in chunks."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.adamw import AdamW
from vitrine.encoders.dropout import RandomDropout
from vitrine.encoders.training_settings import TuningSchedule
from vitrine.errors import DataError
from vitrine.tuning.gradient_cache import chunks

MAX_SCALE: Final = 100.0
"""Bound on the inverse temperature, as in CLIP (Radford et al. 2021)."""

Weights = list[npt.NDArray[np.float32]]
Rate = tuple[tf.Variable, float]
"""A variable with its highest step size."""


def step_sizes(depths: Sequence[tuple[tf.Variable, int]], words: tf.Variable, settings: TuningSchedule) -> list[Rate]:
    """Return the variables of a transformer that are trained, with their step sizes.

    `depths` has the number of layers above each variable, from the head, of depth 0, down to the embeddings. Below the
    frozen layers, nothing is trained.

    Raises:
        DataError: all layers are frozen, and there is no head.
    """
    bottom = max(depth for _, depth in depths)
    last = bottom - settings.frozen_layers if settings.frozen_layers else bottom + 1
    trained = [
        (variable, settings.learning_rate * settings.layer_decay**depth)
        for variable, depth in depths
        if depth < last and (settings.train_words or variable is not words)
    ]
    if not trained:
        raise DataError(
            f"encoder.training.frozen_layers is {settings.frozen_layers}, but the encoder has {bottom - 1} layers; "
            "one at least must be trained"
        )
    return trained


class Optimised(tf.Module):
    """Variables in training. `tf.train.Checkpoint` saves all that continues it: weights, optimiser, random numbers.

    It is made in the scope of the strategy that the variables are made in, if any: a step is then shared by its
    replicas.
    """

    def __init__(
        self, rates: Sequence[Rate], numbers: Sequence[tf.Variable], settings: TuningSchedule, steps: int
    ) -> None:
        """Prepare `steps` steps in all. `numbers` are the loss's own variables, such as the temperature."""
        super().__init__()
        self.steps, self._chunk = steps, settings.chunk
        self._strategy = tf.distribute.get_strategy()
        self.variables_, self._numbers = [variable for variable, _ in rates], list(numbers)
        self._optimizer = AdamW(
            [*self.variables_, *self._numbers],
            [*(rate for _, rate in rates), *(settings.learning_rate for _ in numbers)],
            steps,
            settings.warmup_share,
            settings.weight_decay,
            settings.clip_norm,
            settings.decay,
        )
        self._drop = RandomDropout(settings.dropout, settings.seed)

    def weights(self) -> Weights:
        """Return a copy of the trained variables."""
        return [variable.numpy() for variable in self.variables_]

    def restore(self, weights: Sequence[npt.NDArray[np.float32]]) -> None:
        """Assign values that `weights` returned."""
        for variable, value in zip(self.variables_, weights, strict=True):
            variable.assign(value)

    def _fits(self, *sizes: int) -> bool:
        """Return whether sides of a batch, of these sizes, are embedded whole, by the only replica."""
        return self._strategy.num_replicas_in_sync == 1 and (not self._chunk or max(sizes) <= self._chunk)

    def _chunks(self, size: int) -> Iterator[slice]:
        """Yield the slices of a side of a batch, at least one for each replica if there are enough rows."""
        share = -(-size // self._strategy.num_replicas_in_sync)
        return chunks(size, min(share, self._chunk or share))

    @tf.function(autograph=False)
    def _apply(self, gradients: list[tf.Tensor]) -> None:
        self._optimizer.apply(gradients)
