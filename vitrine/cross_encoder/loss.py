"""What fine-tuning minimises: the classes' cross-entropy, and a ranking loss within the queries of a batch."""

import tensorflow as tf

from vitrine.labels import GAINS, LABELS


def class_loss(logits: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Mean cross-entropy of logits float32 [B, 4] against class ids [B], smoothed (Szegedy et al. 2016, section 7).

    `weights` float32 [4] are those of the classes.
    """
    targets = tf.one_hot(labels, len(LABELS)) * (1 - smoothing) + smoothing / len(LABELS)
    return tf.reduce_mean(tf.gather(weights, labels) * tf.nn.softmax_cross_entropy_with_logits(targets, logits))


def ranking_loss(logits: tf.Tensor, labels: tf.Tensor, queries: tf.Tensor) -> tf.Tensor:
    """ListNet (Cao et al. 2007) on gains: cross-entropy of each pair's share of its query's gain in the batch.

    Logits are float32 [B, 4], class ids int [B], queries strings [B]. The mean is weighted by the true gains; a query
    of which the batch has no gain does not count.
    """
    expected = tf.nn.log_softmax(logits)[:, 1:] + tf.math.log(tf.constant(GAINS[1:]))
    score = tf.reduce_logsumexp(expected, axis=1)
    same = queries[:, tf.newaxis] == queries
    total = tf.reduce_logsumexp(tf.where(same, score, score.dtype.min), axis=1)
    gain = tf.gather(tf.constant(GAINS), labels)
    return tf.math.divide_no_nan(tf.reduce_sum(gain * (total - score)), tf.reduce_sum(gain))
