"""Heads of sequence classifiers, from hidden states to logits, with the names of weights that `transformers` has."""

from collections.abc import Callable
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, Json
from vitrine.encoders.known_fields import require_one_of
from vitrine.encoders.transformer_layers import ACTIVATIONS, Dense, Dropout, LayerNorm, Weights, no_dropout
from vitrine.errors import DataError


class HeadNames(NamedTuple):
    """The weights of a family's head: a dense layer with its activation, then the classifier."""

    dense: str
    classifier: str
    activation: Callable[[tf.Tensor], tf.Tensor] = tf.tanh


HEADS: Final = {
    "bert": HeadNames("bert.pooler.dense", "classifier"),
    "distilbert": HeadNames("pre_classifier", "classifier", tf.nn.relu),
    "roberta": HeadNames("classifier.dense", "classifier.out_proj"),
    "xlm-roberta": HeadNames("classifier.dense", "classifier.out_proj"),
    "mpnet": HeadNames("classifier.dense", "classifier.out_proj"),
    "modernbert": HeadNames("head.dense", "classifier"),
}
NORM: Final = "head.norm"
"""ModernBERT's normalisation between both layers."""
MODERNBERT: Final = {"classifier_pooling": ("cls", "mean", None), "problem_type": ("single_label_classification",
    "multi_label_classification", "regression", None)}  # fmt: skip


class Head(tf.Module):
    """A head, in float32."""

    def __init__(self, checkpoint: Checkpoint, family: str, width: int, outputs: int, trainable: bool = False):
        """Take the weights of a checkpoint's head for hidden states of `width` numbers.

        Raises:
            DataError: a weight is missing, or a field of `config.json` is not supported.
        """
        super().__init__()
        fields, names = checkpoint.json(CONFIG), HEADS[family]
        weights = Weights(checkpoint, tf.float32, trainable)
        self._activation, self._mean, self._norm, has_bias = names.activation, False, None, True
        if family == "modernbert":
            require_one_of(fields, f"{checkpoint.origin}/{CONFIG}", MODERNBERT)
            self._activation = _activation(fields, checkpoint.origin)
            self._mean = fields.get("classifier_pooling", "cls") == "mean"
            epsilon, biased = float(fields.get("norm_eps", 1e-5)), bool(fields.get("norm_bias"))
            self._norm = LayerNorm(weights, NORM, width, epsilon, biased)
            has_bias = bool(fields.get("classifier_bias"))
        self.dense = Dense(weights, [names.dense], width, width, has_bias)
        self.classifier = Dense(weights, [names.classifier], width, outputs)

    def __call__(self, states: tf.Tensor, lengths: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return logits float32 [B, L] of hidden states [B, T, W] of texts with `lengths` int [B] tokens."""
        pooled = states[:, 0]
        if self._mean:
            mask = tf.sequence_mask(lengths, dtype=tf.float32)[:, :, tf.newaxis]
            pooled = tf.reduce_sum(states * mask, axis=1) / tf.reduce_sum(mask, axis=1)
        dense = self._activation(self.dense(pooled))
        return self.classifier(dropout(dense if self._norm is None else self._norm(dense)))


def _activation(fields: Json, origin: str) -> Callable[[tf.Tensor], tf.Tensor]:
    name = fields.get("classifier_activation", "gelu")
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise DataError(f"{origin}/{CONFIG}: classifier_activation '{name}' is not supported; {', '.join(ACTIVATIONS)}")
    activation: Callable[[tf.Tensor], tf.Tensor] = ACTIVATIONS[name]
    return activation
