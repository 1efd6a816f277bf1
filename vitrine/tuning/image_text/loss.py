"""Contrastive losses of texts and images that do not count duplicates as negatives."""

import tensorflow as tf


def softmax_contrast(texts: tf.Tensor, images: tf.Tensor, duplicates: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Return CLIP's loss (Radford et al. 2021): the mean cross-entropy of both directions.

    Args:
        texts: float32 [B, D], rows of unit length.
        images: float32 [B, D], rows of unit length.
        duplicates: bool [B, B], whether text i and image j belong together as well, so that they are left out; false
            on the diagonal.
        scale: float32 [], the inverse temperature.
    """
    logits = scale * tf.linalg.matmul(texts, images, transpose_b=True)
    logits = tf.where(duplicates, logits.dtype.min / 2, logits)
    both = [tf.linalg.diag_part(tf.nn.log_softmax(logits, axis=axis)) for axis in (0, 1)]
    return -tf.reduce_mean(tf.stack(both))


def sigmoid_contrast(
    texts: tf.Tensor, images: tf.Tensor, duplicates: tf.Tensor, scale: tf.Tensor, bias: tf.Tensor
) -> tf.Tensor:
    """Return SigLIP's loss (Zhai et al. 2023): each text and image is a pair, or not, whatever others are in the batch.

    Arguments are those of `softmax_contrast`; `bias`, float32 [], is added to the logits. The sum over the pairs is
    divided by B, as in the paper.
    """
    logits = scale * tf.linalg.matmul(texts, images, transpose_b=True) + bias
    count = tf.shape(logits)[0]
    signs = 2.0 * tf.eye(count) - 1.0
    terms = tf.where(duplicates, 0.0, -tf.math.log_sigmoid(signs * logits))
    return tf.reduce_sum(terms) / tf.cast(count, tf.float32)
