"""The contrastive trainer: towers, optimiser, training step and accuracy."""

from typing import Final

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from vitrine.encoders.clip.training.augmentation import augment
from vitrine.encoders.clip.training.batches import Batch, Examples, Rows
from vitrine.encoders.clip.training.loss import contrast
from vitrine.encoders.images.preprocessing import Preprocessing, normalise
from vitrine.encoders.training_settings import ClipTrainingSettings

CLIP_NORM: Final = 1.0
MAX_SCALE: Final = 100.0
"""Bound on the inverse temperature, as in CLIP."""


class ContrastiveTrainer:
    """A CLIP backbone in training with its optimiser."""

    def __init__(
        self,
        backbone: keras_hub.models.CLIPBackbone,
        sizes: Preprocessing,
        end: int,
        settings: ClipTrainingSettings,
        steps: int,
    ):
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
        undecayed = [v for v in backbone.trainable_variables if all(v is not variable for variable in decayed)]
        self._optimizer.exclude_from_weight_decay(var_list=undecayed)
        self._optimizer.build(backbone.trainable_variables)

    def embed_texts(self, ids: tf.Tensor) -> tf.Tensor:
        """Embed token ids int32 [B, T] to float32 [B, D], rows of unit length."""
        hidden = self.backbone.text_encoder({"token_ids": ids})
        pooled = tf.gather(hidden, tf.argmax(tf.cast(ids == self._end, tf.int32), axis=1), batch_dims=1)
        return tf.math.l2_normalize(self.backbone.text_projection(pooled), axis=-1)

    def embed_images(self, pixels: tf.Tensor) -> tf.Tensor:
        """Embed pixels [B, S, S, 3] of 0 to 255 to float32 [B, D], rows of unit length."""
        hidden = self.backbone.vision_encoder({"images": normalise(pixels, self._sizes)})
        return tf.math.l2_normalize(self.backbone.vision_projection(hidden[:, 0]), axis=-1)

    @tf.function(reduce_retracing=True, autograph=False)
    def step(self, batch: Batch, number: tf.Tensor) -> tf.Tensor:
        """Take one step of the optimiser, and return the loss."""
        with tf.GradientTape() as tape:
            query, document = self.embed_texts(batch.query), self.embed_texts(batch.document)
            images = self.embed_images(augment(batch.pixels, tf.stack([self._seed, number])))
            loss = self._loss(batch, query, document, images)
        variables = self.backbone.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        self._optimizer.apply([tf.convert_to_tensor(gradient) for gradient in gradients], variables)
        return loss

    def _loss(self, batch: Batch, query: tf.Tensor, document: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        scale = tf.minimum(tf.exp(self.backbone.clip_head.logit_scale.value), MAX_SCALE)
        return (
            contrast(query, document, batch.query_matches, batch.has_text, batch.has_text, scale)
            + contrast(query, images, batch.query_matches, batch.has_text, batch.has_image, scale)
            + contrast(document, images, batch.document_matches, batch.has_text, batch.has_image, scale)
        ) / 3

    def accuracy(self, examples: Examples, rows: Rows) -> dict[str, float]:
        """Return the shares of short views in `rows` whose most similar text, and image, is one that matches."""
        batch = examples.batch(rows, np.random.default_rng(self._seed), whole=True)
        query, document = (self._compiled_texts(ids).numpy() for ids in (batch.query, batch.document))
        images = self._compiled_images(batch.pixels).numpy()
        accuracies = {}
        for name, vectors, present in (("text", document, batch.has_text), ("image", images, batch.has_image)):
            similarity = np.where(present, query @ vectors.T, -np.inf)[batch.has_text & present]
            matches = batch.query_matches[batch.has_text & present]
            hits = matches[np.arange(len(matches)), similarity.argmax(axis=1)]
            accuracies[f"{name}_accuracy"] = float(hits.mean())
        return accuracies

    @tf.function(reduce_retracing=True, autograph=False)
    def _compiled_texts(self, ids: tf.Tensor) -> tf.Tensor:
        return self.embed_texts(ids)

    @tf.function(reduce_retracing=True, autograph=False)
    def _compiled_images(self, pixels: tf.Tensor) -> tf.Tensor:
        return self.embed_images(pixels)
