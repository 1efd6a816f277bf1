"""An encoder of texts and images in contrastive training: a step of its variables and the optimiser."""

from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.clip.training.augmentation import augment
from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.training_settings import ContrastiveTuningSettings, TuningSchedule
from vitrine.encoders.transformer_layers import Dropout
from vitrine.tuning.gradient_cache import SEED, VECTORS, ChunkedEmbedding, Gradients, cached_gradients, vector_gradients
from vitrine.tuning.image_text.batches import Batch
from vitrine.tuning.image_text.loss import sigmoid_contrast, softmax_contrast
from vitrine.tuning.optimisation import MAX_SCALE, Optimised, Rate, step_sizes
from vitrine.tuning.replicas import on_each_replica

SCALE: Final = {"softmax": float(np.log(1 / 0.07)), "sigmoid": float(np.log(10))}
"""Logarithm of the inverse temperature at the start, where a checkpoint has none: that of the family's pretraining."""
BIAS: Final = -10.0
STRINGS: Final = tf.TensorSpec([None], tf.string)
PAIRS: Final = tf.TensorSpec([None, None], tf.bool)


class ContrastiveTuner(Optimised):
    """An encoder of texts and images in contrastive training, with the loss that its family is pretrained with."""

    def __init__(
        self,
        encoder: ImageTextEncoder,
        pixels: npt.NDArray[np.uint8],
        settings: ContrastiveTuningSettings,
        steps: int,
    ) -> None:
        """Prepare `steps` steps in all, on images with these `pixels`."""
        self._encoder, self._pixels, self._settings = encoder, pixels, settings
        self._scale = tf.Variable(start_scale(encoder), name="scale")
        self._bias = tf.Variable(encoder.tensor("logit_bias", BIAS), name="bias")
        numbers = [self._scale, *([self._bias] if encoder.contrast == "sigmoid" else [])]
        super().__init__(tower_step_sizes(encoder, settings), numbers, settings, steps)
        self._texts = ChunkedEmbedding(self._embed_texts, [STRINGS], self.variables_, self._drop)
        self._images = ChunkedEmbedding(
            self._embed_images, [encoder.module.pixel_spec(), SEED], self.variables_, self._drop
        )
        inputs = [STRINGS, encoder.module.pixel_spec(), SEED, PAIRS]
        self._whole = tf.function(self._step, input_signature=inputs, autograph=False)
        self._loss = on_each_replica(self._strategy, self._gradients, [VECTORS, VECTORS, PAIRS])

    def step(self, batch: Batch) -> float:
        """Take one step, and return the loss before it."""
        size = len(batch.texts)
        if self._fits(size):
            seed = np.array([batch.seed, 0], np.int32)
            return float(self._whole(batch.texts, self._pixels[batch.images], seed, batch.duplicates))
        texts = [(tf.constant(batch.texts[rows]),) for rows in self._chunks(size)]
        images = [
            (tf.constant(self._pixels[batch.images[rows]]), tf.constant([batch.seed, rows.start], tf.int32))
            for rows in self._chunks(size)
        ]
        loss, gradients = cached_gradients(
            [(self._texts, texts), (self._images, images)],
            lambda *vectors: self._loss(*vectors, batch.duplicates),
            self.variables_,
            self._drop,
        )
        self._apply(gradients)
        return float(loss)

    def numbers(self) -> dict[str, float]:
        """Return the loss's own variables, by the names of a checkpoint's tensors."""
        scale = float(self._scale.numpy())
        if self._encoder.contrast == "sigmoid":
            return {"logit_scale": scale, "logit_bias": float(self._bias.numpy())}
        return {"logit_scale": min(scale, float(np.log(MAX_SCALE)))}

    def _embed_texts(self, drop: Dropout, texts: tf.Tensor) -> tf.Tensor:
        return self._encoder.module.embed(texts, drop)

    def _embed_images(self, drop: Dropout, pixels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        changed = augment(pixels, seed) if self._settings.augment else pixels
        return self._encoder.module.embed_pixels(changed, drop)

    def _step(self, texts: tf.Tensor, pixels: tf.Tensor, seed: tf.Tensor, duplicates: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            vectors = self._embed_texts(self._drop, texts), self._embed_images(self._drop, pixels, seed)
            loss = self._contrast(*vectors, duplicates)
        gradients = tape.gradient(
            loss, [*self.variables_, *self._numbers], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        self._optimizer.apply(gradients)
        return loss

    def _gradients(self, texts: tf.Tensor, images: tf.Tensor, duplicates: tf.Tensor) -> Gradients:
        return vector_gradients(
            lambda left, right: self._contrast(left, right, duplicates), [texts, images], self._numbers
        )

    def _contrast(self, texts: tf.Tensor, images: tf.Tensor, duplicates: tf.Tensor) -> tf.Tensor:
        scale = tf.exp(self._scale)
        if self._encoder.contrast == "sigmoid":
            return sigmoid_contrast(texts, images, duplicates, scale, self._bias)
        return softmax_contrast(texts, images, duplicates, tf.minimum(scale, MAX_SCALE))


def start_scale(encoder: ImageTextEncoder) -> float:
    """Return the logarithm of the inverse temperature that the encoder is pretrained with."""
    return encoder.tensor("logit_scale", SCALE[encoder.contrast])


def tower_step_sizes(encoder: ImageTextEncoder, settings: TuningSchedule) -> list[Rate]:
    """Return the variables of both towers that are trained, with their step sizes; layers are counted in each tower.

    Raises:
        DataError: all layers of a tower are frozen, and it has no head.
    """
    rates: list[Rate] = []
    words = encoder.module.text.words
    for tower in (encoder.module.text, encoder.module.vision):
        depths = [(variable, depth) for depth, level in enumerate(tower.levels()) for variable in level]
        rates += step_sizes(depths, words, settings)
    return rates
