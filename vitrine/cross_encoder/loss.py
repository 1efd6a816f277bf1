"""Losses of fine-tuning: cross-entropy of the classes, and a ranking loss within the queries of a batch."""

import tensorflow as tf

from vitrine.labels import GAINS, LABELS


def class_loss(logits: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Return the mean cross-entropy of logits float32 [B, 4] and class ids [B], with smoothed labels.

    `weights` float32 [4] are the weights of the classes. Label smoothing is that of Szegedy et al. 2016, section 7.
    """
    targets = tf.one_hot(labels, len(LABELS)) * (1 - smoothing) + smoothing / len(LABELS)
    return tf.reduce_mean(tf.gather(weights, labels) * tf.nn.softmax_cross_entropy_with_logits(targets, logits))


def ranking_loss(logits: tf.Tensor, labels: tf.Tensor, queries: tf.Tensor) -> tf.Tensor:
    """Return the ListNet loss (Cao et al. 2007) on gains: cross-entropy of the pairs' shares of their query's gain.

    Logits are float32 [B, 4], class ids int [B], queries strings [B]. The mean is weighted by the true gains; a query
    without any gain in the batch does not count.
    """
    expected = tf.nn.log_softmax(logits)[:, 1:] + tf.math.log(tf.constant(GAINS[1:]))
    score = tf.reduce_logsumexp(expected, axis=1)
    same = queries[:, tf.newaxis] == queries
    total = tf.reduce_logsumexp(tf.where(same, score, score.dtype.min), axis=1)
    gain = tf.gather(tf.constant(GAINS), labels)
    return tf.math.divide_no_nan(tf.reduce_sum(gain * (total - score)), tf.reduce_sum(gain))
