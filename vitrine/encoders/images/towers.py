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


class TextTower(Tower, Protocol):
    """The text tower."""

    @property
    def words(self) -> tf.Variable:
        """The word vectors."""
        ...
