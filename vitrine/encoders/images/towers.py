"""The protocols of the towers of texts and images."""

from collections.abc import Sequence
from typing import Protocol

import tensorflow as tf

from vitrine.encoders.transformer_layers import Dropout, no_dropout


class Tower(Protocol):
    """A tower, from token ids or normalised images to vectors."""

    variables: Sequence[tf.Variable]

    def __call__(self, inputs: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length."""
        ...

    def levels(self) -> list[list[tf.Variable]]:
        """Return the variables from the head down to the embeddings, layer by layer."""
        ...


class VisionTower(Tower, Protocol):
    """The image tower."""

    patches_per_side: int

    def watched(self, images: tf.Tensor, watch: Dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, of normalised images, with every attention passed to `watch`.

        Attentions are [B, H, T, T], or [B, H, T] of a learnt query, in the order of the layers. `watch` also gets other
        tensors, of two dimensions.
        """
        ...


class TextTower(Tower, Protocol):
    """The text tower."""

    @property
    def words(self) -> tf.Variable:
        """The word vectors."""
        ...
