"""The contrastive objective (Radford et al. 2021), with several right answers a row (Khosla et al. 2020)."""

import tensorflow as tf


def contrast(
    left: tf.Tensor, right: tf.Tensor, matches: tf.Tensor, has_left: tf.Tensor, has_right: tf.Tensor, scale: tf.Tensor
) -> tf.Tensor:
    """Symmetric InfoNCE between two sides of the same B products.

    Args:
        left: float32 [B, D], rows of unit length.
        right: float32 [B, D], rows of unit length.
        matches: bool [B, B], whether `right` j is a right answer to `left` i; the diagonal is true.
        has_left: bool [B], rows of `left` that there are.
        has_right: bool [B], rows of `right` that there are.
        scale: float32 [], the inverse temperature.

    Returns:
        float32 [], mean cross-entropy against the uniform distribution over the right answers, over both directions.
    """
    logits = scale * tf.linalg.matmul(left, right, transpose_b=True)
    weights = tf.cast(matches & has_left[:, tf.newaxis] & has_right, tf.float32)
    return 0.5 * (
        _cross_entropy(logits, weights, has_right)
        + _cross_entropy(tf.transpose(logits), tf.transpose(weights), has_left)
    )


def _cross_entropy(logits: tf.Tensor, weights: tf.Tensor, offered: tf.Tensor) -> tf.Tensor:
    log_probability = tf.nn.log_softmax(tf.where(offered, logits, logits.dtype.min / 2))
    right = tf.reduce_sum(weights, axis=1)
    of_row = -tf.math.divide_no_nan(tf.reduce_sum(weights * log_probability, axis=1), right)
    return tf.math.divide_no_nan(tf.reduce_sum(of_row), tf.reduce_sum(tf.cast(right > 0, tf.float32)))
