"""Random dropout in training."""

import itertools

import tensorflow as tf

from vitrine.encoders.transformer_layers import Dropout


class RandomDropout(tf.Module):
    """A `Dropout` that drops a share of the units; `tf.train.Checkpoint` saves where its random numbers are."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self._share, self._random = share, tf.random.Generator.from_seed(seed)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Return `x` with units dropped, scaled so that its mean stays; `x` itself for a share of 0."""
        return tf.nn.experimental.stateless_dropout(x, self._share, seed=self.draw()) if self._share else x

    def draw(self) -> tf.Tensor:
        """Draw a seed, int32 [2]."""
        return tf.cast(self._random.make_seeds()[:, 0], tf.int32)

    def seeded(self, seed: tf.Tensor) -> Dropout:
        """Return a dropout that drops the same units whenever it is called in the same order, by `seed`, int32 [2]."""
        calls = itertools.count()

        def drop(x: tf.Tensor) -> tf.Tensor:
            if not self._share:
                return x
            own = tf.random.experimental.stateless_fold_in(seed, next(calls))
            return tf.nn.experimental.stateless_dropout(x, self._share, seed=own)

        return drop
