"""The contrastive trainer: optimiser, training step and accuracy."""

from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.encoders.adamw import AdamW
from vitrine.encoders.clip.training.augmentation import augment
from vitrine.encoders.clip.training.batches import Batch, Examples, Rows
from vitrine.encoders.clip.training.loss import contrast
from vitrine.encoders.clip.training.model import ClipModel
from vitrine.encoders.training_settings import ClipTrainingSettings

BETA_2: Final = 0.98
"""Decay of the squared gradients' mean, as in CLIP."""
CLIP_NORM: Final = 1.0
MAX_SCALE: Final = 100.0
"""Bound on the inverse temperature, as in CLIP."""


class ContrastiveTrainer:
    """A CLIP in training with its optimiser."""

    def __init__(self, model: ClipModel, settings: ClipTrainingSettings, steps: int):
        self._model, self._seed = model, settings.seed
        self._variables = list(model.trainable_variables)
        self._optimizer = AdamW(
            self._variables,
            [settings.learning_rate] * len(self._variables),
            steps,
            settings.warmup_share,
            settings.weight_decay,
            CLIP_NORM,
            "cosine",
            beta_2=BETA_2,
            undecayed=model.tables(),
        )

    @tf.function(reduce_retracing=True, autograph=False)
    def step(self, batch: Batch, number: tf.Tensor) -> tf.Tensor:
        """Take one step of the optimiser, and return the loss."""
        with tf.GradientTape() as tape:
            query, document = self._model.embed_texts(batch.query), self._model.embed_texts(batch.document)
            images = self._model.embed_images(augment(batch.pixels, tf.stack([self._seed, number])))
            loss = self._loss(batch, query, document, images)
        self._optimizer.apply(tape.gradient(loss, self._variables))
        return loss

    def _loss(self, batch: Batch, query: tf.Tensor, document: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
        scale = tf.minimum(tf.exp(self._model.scale), MAX_SCALE)
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
        return self._model.embed_texts(ids)

    @tf.function(reduce_retracing=True, autograph=False)
    def _compiled_images(self, pixels: tf.Tensor) -> tf.Tensor:
        return self._model.embed_images(pixels)
