"""The contrastive loss (Radford et al. 2021) with several positives per row (Khosla et al. 2020)."""

import tensorflow as tf


def contrast(
    left: tf.Tensor, right: tf.Tensor, matches: tf.Tensor, has_left: tf.Tensor, has_right: tf.Tensor, scale: tf.Tensor
) -> tf.Tensor:
    """Return the symmetric InfoNCE loss between two representations of the same B products.

    Args:
        left: float32 [B, D], rows of unit length.
        right: float32 [B, D], rows of unit length.
        matches: bool [B, B], whether `right` j is a positive of `left` i; the diagonal is true.
        has_left: bool [B], whether the rows of `left` exist.
        has_right: bool [B], whether the rows of `right` exist.
        scale: float32 [], the inverse temperature.

    Returns:
        float32 [], the mean over both directions of the cross-entropy with the uniform distribution over the positives.
    """
    logits = scale * tf.linalg.matmul(left, right, transpose_b=True)
    weights = tf.cast(matches & has_left[:, tf.newaxis] & has_right, tf.float32)
    return 0.5 * (
        _cross_entropy(logits, weights, has_right)
        + _cross_entropy(tf.transpose(logits), tf.transpose(weights), has_left)
    )


def _cross_entropy(logits: tf.Tensor, weights: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    log_probability = tf.nn.log_softmax(tf.where(present, logits, logits.dtype.min / 2))
    positives = tf.reduce_sum(weights, axis=1)
    of_row = -tf.math.divide_no_nan(tf.reduce_sum(weights * log_probability, axis=1), positives)
    return tf.math.divide_no_nan(tf.reduce_sum(of_row), tf.reduce_sum(tf.cast(positives > 0, tf.float32)))
