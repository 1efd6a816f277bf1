"""Log-odds of scores and expected gains, inside the graph."""

from typing import Final

import tensorflow as tf

LOWEST_GAIN: Final = 1e-4
"""Distance that scores and expected gains keep from 0 and 1, where log-odds are infinite."""


def log_odds(share: tf.Tensor) -> tf.Tensor:
    """Return the log-odds of values in [0, 1], of any shape."""
    bounded = tf.clip_by_value(share, LOWEST_GAIN, 1 - LOWEST_GAIN)
    return tf.math.log(bounded) - tf.math.log1p(-bounded)
