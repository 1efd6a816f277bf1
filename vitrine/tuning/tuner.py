"""A sentence encoder in training on judgements: a step of its variables and the optimiser."""

import itertools
from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.encoders.transformer_layers import Dropout
from vitrine.tuning.batches import Batch
from vitrine.tuning.gradient_cache import VECTORS, ChunkedEmbedding, Gradients, cached_gradients, vector_gradients
from vitrine.tuning.loss import graded_softmax
from vitrine.tuning.optimisation import MAX_SCALE, Optimised, step_sizes
from vitrine.tuning.replicas import on_each_replica

STRINGS: Final = tf.TensorSpec([None], tf.string)
TARGET: Final = tf.TensorSpec([None, None], tf.float32)


class Tuner(Optimised):
    """A sentence encoder in training."""

    def __init__(self, encoder: SentenceEncoder, settings: JudgementTuningSettings, steps: int) -> None:
        """Prepare `steps` steps in all.

        Raises:
            DataError: all layers are frozen.
        """
        self._encoder = encoder
        self._scale = tf.Variable(np.float32(np.log(1 / settings.temperature)), name="scale")
        depths = [(variable, encoder.depth(variable)) for variable in encoder.module.trainable_variables]
        super().__init__(step_sizes(depths, encoder.words, settings), [self._scale], settings, steps)
        sides = self._embed_queries, self._embed_documents
        self._queries, self._documents = (
            ChunkedEmbedding(embed, [STRINGS], self.variables_, self._drop) for embed in sides
        )
        self._loss = on_each_replica(self._strategy, self._gradients, [VECTORS, VECTORS, TARGET])

    def step(self, batch: Batch) -> float:
        """Take one step, and return the loss before it."""
        if self._fits(len(batch.queries), len(batch.documents)):
            return float(self._step(batch.queries, batch.documents, batch.target))
        sides = [
            (side, [(tf.constant(texts[rows]),) for rows in self._chunks(len(texts))])
            for side, texts in ((self._queries, batch.queries), (self._documents, batch.documents))
        ]
        loss, gradients = cached_gradients(
            sides, lambda *vectors: self._loss(*vectors, batch.target), self.variables_, self._drop
        )
        self._apply(gradients)
        return float(loss)

    def _embed_queries(self, drop: Dropout, texts: tf.Tensor) -> tf.Tensor:
        return self._encoder.module.embed(texts, self._encoder.options.query, drop)

    def _embed_documents(self, drop: Dropout, texts: tf.Tensor) -> tf.Tensor:
        return self._encoder.module.embed(texts, self._encoder.options.document or "", drop)

    @tf.function(input_signature=[STRINGS, STRINGS, TARGET], autograph=False)
    def _step(self, queries: tf.Tensor, documents: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            left = self._embed_queries(self._drop, queries)
            parts = [self._embed_documents(self._drop, part) for part in by_length(documents)]
            loss = self._graded(left, tf.concat(parts, axis=0), target)
        variables = [*self.variables_, self._scale]
        self._optimizer.apply(tape.gradient(loss, variables))
        return loss

    def _gradients(self, queries: tf.Tensor, documents: tf.Tensor, target: tf.Tensor) -> Gradients:
        return vector_gradients(
            lambda left, right: self._graded(left, right, target), [queries, documents], self._numbers
        )

    def _graded(self, queries: tf.Tensor, documents: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return graded_softmax(queries, documents, target, tf.minimum(tf.exp(self._scale), MAX_SCALE))


def by_length(texts: tf.Tensor) -> list[tf.Tensor]:
    """Split texts, shorter ones first, into four parts: few long texts would make all others as long by padding."""
    count = tf.shape(texts)[0]
    bounds = [0, count // 2, count * 3 // 4, count * 7 // 8, count]
    return [texts[start:end] for start, end in itertools.pairwise(bounds)]
