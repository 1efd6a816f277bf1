"""Random dropout in training."""

import tensorflow as tf


class RandomDropout(tf.Module):
    """A `Dropout` that drops a share of the units; `tf.train.Checkpoint` saves where its random numbers are."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self._share, self._random = share, tf.random.Generator.from_seed(seed)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Return `x` with units dropped, scaled so that its mean stays; `x` itself for a share of 0."""
        if not self._share:
            return x
        seed = tf.cast(self._random.make_seeds()[:, 0], tf.int32)
        return tf.nn.experimental.stateless_dropout(x, self._share, seed=seed)

    def state(self) -> tf.Tensor:
        """Return where the random numbers are."""
        return self._random.state.read_value()

    def restore(self, state: tf.Tensor) -> None:
        """Go back to where the random numbers were, so that the same units are dropped again."""
        self._random.state.assign(state)
