"""The loss of a batch of queries and documents."""

import tensorflow as tf


def graded_softmax(queries: tf.Tensor, documents: tf.Tensor, target: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy of the softmax over a batch's documents with the distribution of the gains.

    With one document of gain 1 for each query it is InfoNCE with negatives from the batch (van den Oord et al. 2018);
    graded gains make it ListNet's loss of the first place (Cao et al. 2007), over the batch instead of the pool.

    Args:
        queries: float32 [B, D], rows of unit length.
        documents: float32 [N, D], rows of unit length.
        target: float32 [B, N], rows with sum 1.
        scale: float32 [], the inverse temperature.
    """
    logits = scale * tf.linalg.matmul(queries, documents, transpose_b=True)
    return tf.reduce_mean(tf.reduce_sum(-target * tf.nn.log_softmax(logits), axis=1))
