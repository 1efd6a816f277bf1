"""An encoder of texts and images in training on judgements: queries with products' texts, and with their images."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.encoders.transformer_layers import Dropout
from vitrine.tuning.batches import Batch
from vitrine.tuning.gradient_cache import VECTORS, ChunkedEmbedding, Gradients, cached_gradients, vector_gradients
from vitrine.tuning.image_text.judged_images import DocumentImages
from vitrine.tuning.image_text.tuner import tower_step_sizes
from vitrine.tuning.judged_texts import Rows
from vitrine.tuning.loss import graded_softmax
from vitrine.tuning.optimisation import MAX_SCALE, Optimised
from vitrine.tuning.replicas import on_each_replica

STRINGS: Final = tf.TensorSpec([None], tf.string)
TARGET: Final = tf.TensorSpec([None, None], tf.float32)
IMAGES: Final = 3
"""Purpose of a random generator, beside those of the tuning on texts."""


class ImageBatch(NamedTuple):
    """B queries, D documents and P ≥ 1 images of some of these.

    `target`, float32 [B, D], and `image_target`, float32 [B, P], have the shares of the gains; a query all of whose
    gains are of documents without an image has zeros in the latter.
    """

    queries: list[str]
    documents: list[str]
    images: Rows
    target: npt.NDArray[np.float32]
    image_target: npt.NDArray[np.float32]


def with_images(
    batches: Callable[[int], Iterator[Batch]], images: DocumentImages, seed: int
) -> Callable[[int], Iterator[ImageBatch]]:
    """Return a function that yields an epoch's batches with an image of each document that has one, drawn by `seed`."""

    def drawn(epoch: int) -> Iterator[ImageBatch]:
        rng = np.random.default_rng([seed, IMAGES, epoch])
        for batch in batches(epoch):
            rows = images.draw(batch.documents, rng)
            places = np.flatnonzero(rows >= 0)
            target = batch.target[:, places]
            total = target.sum(axis=1, keepdims=True)
            shares = np.divide(target, total, out=np.zeros_like(target), where=total > 0)
            if not len(places):  # the graph needs an image, which no query is compared with
                rows, places, shares = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((len(total), 1), "f4")
            yield ImageBatch(batch.queries, batch.documents, rows[places], batch.target, shares)

    return drawn


class JudgementTuner(Optimised):
    """An encoder of texts and images in training on judgements."""

    def __init__(
        self,
        encoder: ImageTextEncoder,
        pixels: npt.NDArray[np.uint8],
        settings: JudgementTuningSettings,
        steps: int,
        image_scale: float,
    ) -> None:
        """Prepare `steps` steps in all, on images with these `pixels`.

        `image_scale` is the logarithm of the inverse temperature of queries and images at the start.
        """
        self._encoder, self._pixels = encoder, pixels
        self._scale = tf.Variable(np.float32(np.log(1 / settings.temperature)), name="scale")
        self._image_scale = tf.Variable(np.float32(min(image_scale, np.log(MAX_SCALE))), name="image_scale")
        super().__init__(tower_step_sizes(encoder, settings), [self._scale, self._image_scale], settings, steps)
        self._texts = ChunkedEmbedding(self._embed_texts, [STRINGS], self.variables_, self._drop)
        self._images = ChunkedEmbedding(self._embed_images, [encoder.module.pixel_spec()], self.variables_, self._drop)
        inputs = [STRINGS, STRINGS, encoder.module.pixel_spec(), TARGET, TARGET]
        self._whole = tf.function(self._step, input_signature=inputs, autograph=False)
        self._loss = on_each_replica(self._strategy, self._gradients, [VECTORS, VECTORS, VECTORS, TARGET, TARGET])

    def step(self, batch: ImageBatch) -> float:
        """Take one step, and return the loss before it."""
        queries, documents, images, *targets = batch
        if self._fits(len(queries), len(documents)):
            return float(self._whole(queries, documents, self._pixels[images], *targets))
        sides = [
            *((self._texts, [(tf.constant(part[rows]),) for rows in self._chunks(len(part))]) for part in batch[:2]),
            (self._images, [(tf.constant(self._pixels[images[rows]]),) for rows in self._chunks(len(images))]),
        ]
        loss, gradients = cached_gradients(
            sides, lambda *vectors: self._loss(*vectors, *targets), self.variables_, self._drop
        )
        self._apply(gradients)
        return float(loss)

    def numbers(self) -> dict[str, float]:
        """Return the loss's own variables, by the names of a checkpoint's tensors; a sigmoid's are others."""
        if self._encoder.contrast == "sigmoid":
            return {}
        return {"logit_scale": min(float(self._image_scale.numpy()), float(np.log(MAX_SCALE)))}

    def _embed_texts(self, drop: Dropout, texts: tf.Tensor) -> tf.Tensor:
        return self._encoder.module.embed(texts, drop)

    def _embed_images(self, drop: Dropout, pixels: tf.Tensor) -> tf.Tensor:
        return self._encoder.module.embed_pixels(pixels, drop)

    def _step(self, queries: tf.Tensor, documents: tf.Tensor, pixels: tf.Tensor, *targets: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            texts = (self._embed_texts(self._drop, side) for side in (queries, documents))
            vectors = *texts, self._embed_images(self._drop, pixels)
            loss = self._graded(*vectors, *targets)
        self._optimizer.apply(tape.gradient(loss, [*self.variables_, *self._numbers]))
        return loss

    def _gradients(
        self, queries: tf.Tensor, documents: tf.Tensor, images: tf.Tensor, target: tf.Tensor, shares: tf.Tensor
    ) -> Gradients:
        return vector_gradients(
            lambda left, right, pictures: self._graded(left, right, pictures, target, shares),
            [queries, documents, images],
            self._numbers,
        )

    def _graded(
        self, queries: tf.Tensor, documents: tf.Tensor, images: tf.Tensor, target: tf.Tensor, shares: tf.Tensor
    ) -> tf.Tensor:
        """Return the mean of the loss of texts and that of images."""
        scale, image_scale = (tf.minimum(tf.exp(each), MAX_SCALE) for each in (self._scale, self._image_scale))
        texts = graded_softmax(queries, documents, target, scale)
        return (texts + graded_softmax(queries, images, shares, image_scale)) / 2
