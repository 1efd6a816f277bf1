"""The model while it is trained: its towers, its optimiser and one step."""

from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf

from vitrine.encoders.clip.preprocessing import Preprocessing, normalise
from vitrine.encoders.clip.training.augmentation import augment
from vitrine.encoders.clip.training.batches import Batch, Examples, Rows
from vitrine.encoders.clip.training.loss import contrast
from vitrine.encoders.settings import ClipTrainingSettings

CLIP_NORM: Final = 1.0
MAX_SCALE: Final = 100.0
"""Bound on the inverse temperature, as in CLIP."""


class Trainee:
    """A CLIP backbone in training."""

    def __init__(self, backbone: Any, sizes: Preprocessing, end: int, settings: ClipTrainingSettings, steps: int):
        self.backbone = backbone
        self._sizes, self._end, self._seed = sizes, end, settings.seed
        warmup = max(1, round(settings.warmup_share * steps))
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0, max(steps - warmup, 1), warmup_target=settings.learning_rate, warmup_steps=warmup
        )
        self._optimizer = keras.optimizers.AdamW(
            schedule, weight_decay=settings.weight_decay, beta_2=0.98, epsilon=1e-6, global_clipnorm=CLIP_NORM
        )
        decayed = [v for v in backbone.trainable_variables if len(v.shape) > 1 and "embedding" not in v.path]
        kept = [v for v in backbone.trainable_variables if all(v is not one for one in decayed)]
        self._optimizer.exclude_from_weight_decay(var_list=kept)
        self._optimizer.build(backbone.trainable_variables)

    def texts(self, ids: tf.Tensor) -> tf.Tensor:
        """Embed int32 [B, T]; returns float32 [B, D], rows of unit length."""
        hidden = self.backbone.text_encoder({"token_ids": ids})
        pooled = tf.gather(hidden, tf.argmax(tf.cast(ids == self._end, tf.int32), axis=1), batch_dims=1)
        return tf.math.l2_normalize(self.backbone.text_projection(pooled), axis=-1)

    def pictures(self, pixels: tf.Tensor) -> tf.Tensor:
        """Embed [B, S, S, 3] of 0 to 255; returns float32 [B, D], rows of unit length."""
        hidden = self.backbone.vision_encoder({"images": normalise(pixels, self._sizes)})
        return tf.math.l2_normalize(self.backbone.vision_projection(hidden[:, 0]), axis=-1)

    @tf.function(reduce_retracing=True, autograph=False)
    def step(self, batch: Batch, number: tf.Tensor) -> tf.Tensor:
        """Take one step of the optimiser; returns the loss."""
        with tf.GradientTape() as tape:
            query, document = self.texts(batch.query), self.texts(batch.document)
            pictures = self.pictures(augment(batch.pixels, tf.stack([self._seed, number])))
            loss = self._loss(batch, query, document, pictures)
        variables = self.backbone.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        self._optimizer.apply([tf.convert_to_tensor(one) for one in gradients], variables)
        return loss

    def _loss(self, batch: Batch, query: tf.Tensor, document: tf.Tensor, pictures: tf.Tensor) -> tf.Tensor:
        scale = tf.minimum(tf.exp(self.backbone.clip_head.logit_scale.value), MAX_SCALE)
        return (
            contrast(query, document, batch.answers, batch.worded, batch.worded, scale)
            + contrast(query, pictures, batch.answers, batch.worded, batch.pictured, scale)
            + contrast(document, pictures, batch.equals, batch.worded, batch.pictured, scale)
        ) / 3

    def accuracy(self, examples: Examples, rows: Rows) -> dict[str, float]:
        """How often a short view of a product finds, first among those of `rows`, a text or picture that answers it."""
        batch = examples.batch(rows, np.random.default_rng(self._seed), whole=True)
        query, document = (self._embed_texts(ids).numpy() for ids in (batch.query, batch.document))
        pictures = self._embed_pictures(batch.pixels).numpy()
        found = {}
        for name, side, there in (("text", document, batch.worded), ("image", pictures, batch.pictured)):
            similarity = np.where(there, query @ side.T, -np.inf)[batch.worded & there]
            right = batch.answers[batch.worded & there]
            found[f"{name}_accuracy"] = float(right[np.arange(len(right)), similarity.argmax(axis=1)].mean())
        return found

    @tf.function(reduce_retracing=True, autograph=False)
    def _embed_texts(self, ids: tf.Tensor) -> tf.Tensor:
        return self.texts(ids)

    @tf.function(reduce_retracing=True, autograph=False)
    def _embed_pictures(self, pixels: tf.Tensor) -> tf.Tensor:
        return self.pictures(pixels)
