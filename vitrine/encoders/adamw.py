"""AdamW with warm-up, decay, clipping, and smaller steps for lower layers."""

import functools
from collections.abc import Sequence
from math import pi
from typing import Final

import tensorflow as tf

from vitrine.encoders.training_settings import Decay

BETA_1: Final = 0.9
BETA_2: Final = 0.999
EPSILON: Final = 1e-6


class AdamW(tf.Module):
    """AdamW (Loshchilov and Hutter 2019). Keras' version has no step size per variable and takes twice as long.

    It is made in the scope of the strategy that the variables are made in, if any, and updates all copies of them.

    Attributes:
        rates: highest step size of each variable.
        steps: number of steps after which the step size has decayed to 0.

    The weights of biases and norms, which have one axis, and of `undecayed` do not decay.
    """

    def __init__(
        self,
        variables: Sequence[tf.Variable],
        rates: Sequence[float],
        steps: int,
        warmup_share: float,
        weight_decay: float,
        clip_norm: float,
        decay: Decay = "linear",
        beta_2: float = BETA_2,
        undecayed: Sequence[tf.Variable] = (),
    ):
        super().__init__()
        self._decay, self._strategy = decay, tf.distribute.get_strategy()
        self.variables_, self.rates, self.steps = list(variables), list(rates), steps
        self._warmup = max(1.0, warmup_share * steps)
        self._weight_decay, self._clip_norm, self._beta_2 = weight_decay, clip_norm, beta_2
        self._decays = [len(v.shape) > 1 and all(v is not other for other in undecayed) for v in variables]
        self._first, self._second = (
            [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in variables] for _ in range(2)
        )
        self._step = tf.Variable(0.0, trainable=False)

    def apply(self, gradients: Sequence[tf.Tensor]) -> None:
        """Take one step with gradients in the order of the variables."""
        self._step.assign_add(1.0)
        step = tf.convert_to_tensor(self._step)
        share = self.share(step)
        dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
        clipped, _ = tf.clip_by_global_norm(dense, self._clip_norm)
        for variable, rate, decays, *slots in zip(
            self.variables_, self.rates, self._decays, self._first, self._second, clipped, strict=True
        ):
            update = functools.partial(self._update, step=step, share=share, rate=rate, decays=decays)
            self._strategy.extended.update(variable, update, args=slots)

    def _update(
        self,
        variable: tf.Variable,
        first: tf.Variable,
        second: tf.Variable,
        gradient: tf.Tensor,
        *,
        step: tf.Tensor,
        share: tf.Tensor,
        rate: float,
        decays: bool,
    ) -> None:
        if decays:
            variable.assign_sub(share * rate * self._weight_decay * variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=first.handle,
            v=second.handle,
            beta1_power=BETA_1**step,
            beta2_power=self._beta_2**step,
            lr=share * rate,
            beta1=BETA_1,
            beta2=self._beta_2,
            epsilon=EPSILON,
            grad=gradient,
        )

    def share(self, step: tf.Tensor) -> tf.Tensor:
        """Return the step size of a step, from 1, as a share of the highest one."""
        left = tf.clip_by_value((self.steps - step) / (self.steps - self._warmup + 1e-6), 0.0, 1.0)
        if self._decay == "cosine":  # Loshchilov and Hutter 2017, "SGDR", equation 5
            left = (1 - tf.cos(pi * left)) / 2
        return tf.minimum(step / self._warmup, left)
