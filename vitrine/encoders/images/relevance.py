"""Relevance of an image's patches for its similarity to a vector, by generic attention explainability.

Chefer, Gur and Wolf 2021, "Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder
Transformers": the rule for self-attention, as the authors apply it to CLIP's vision transformer. With the attention A
of a layer and the gradient ∇A of the similarity,

    Ā = mean over heads of max(∇A ⊙ A, 0),   R = (1 + Ā of the last layer) … (1 + Ā of the first layer)

and the relevance of a patch is its entry in the row of R of the place that the image's vector is read from. SigLIP
reads it from a learnt query, whose Ā is that row. Of R, only this row is computed.
"""

import tensorflow as tf

from vitrine.encoders.images.towers import VisionTower

HEADS = 1
"""The axis of the heads of an attention [B, H, …]."""


class AttentionRecord:
    """The attentions that a tower has computed; other tensors that a layer passes are ignored."""

    def __init__(self) -> None:
        self.attentions: list[tf.Tensor] = []

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        if len(x.shape) > 2:
            self.attentions.append(x)
        return x


def patch_relevance(tower: VisionTower, images: tf.Tensor, vectors: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the relevance of N patches for the similarity to `vectors` float32 [B, D], and that similarity.

    `images` are normalised, float32 [B, S, S, 3]. The relevance is float32 [B, N], not negative, with the sum 1, or 0
    where no patch speaks for the similarity; the similarity is float32 [B].
    """
    count, record = tf.shape(images)[0], AttentionRecord()
    padding = 1 - tf.minimum(count, 1)  # attention of no sequence has no length
    images = tf.pad(images, [[0, padding], [0, 0], [0, 0], [0, 0]])
    vectors = tf.pad(vectors, [[0, padding], [0, 0]])
    with tf.GradientTape() as tape:
        tape.watch(images)
        similarity = tf.reduce_sum(tower.watched(images, record) * vectors, axis=1)
    gradients = tape.gradient(similarity, record.attentions)
    positive = [
        tf.reduce_mean(tf.nn.relu(tf.cast(attention, tf.float32) * tf.cast(gradient, tf.float32)), axis=HEADS)
        for attention, gradient in zip(record.attentions, gradients, strict=True)
    ]
    pooled = len(positive[-1].shape) == 2  # a learnt query reads the patches
    first = tf.one_hot(tf.zeros_like(similarity, tf.int32), tf.shape(positive[0])[-1])
    row = positive.pop() if pooled else first
    for attention in reversed(positive):
        row += tf.linalg.matvec(attention, row, transpose_a=True)
    relevance = (row if pooled else row[:, 1:])[:count]
    return tf.math.divide_no_nan(relevance, tf.reduce_sum(relevance, axis=1, keepdims=True)), similarity[:count]
