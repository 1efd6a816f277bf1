"""BERT and its kin in TensorFlow ops, from token ids to hidden states (Devlin et al. 2019).

DistilBERT, RoBERTa, XLM-RoBERTa and MPNet are BERT with other names of weights, other positions or, for MPNet, relative
positions besides. KerasHub's `BertBackbone` always uses the tanh approximation of gelu. These checkpoints use the exact
gelu, and the difference would break parity, so the models are implemented here, with the checkpoint's tensor names.
"""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.config import BertConfig
from vitrine.encoders.settings import Precision
from vitrine.encoders.transformer_layers import (
    ACTIVATIONS,
    Dense,
    Dropout,
    LayerNorm,
    Weights,
    module_tensors,
    no_dropout,
    to_numpy,
)

FURTHEST: Final = 128
"""Distance from which on MPNet's relative positions share a bucket."""

DISTANCES: Final = "encoder.relative_attention_bias.weight"


class Names(NamedTuple):
    """The names of a family's weights."""

    prefix: str
    layers: str = "encoder.layer"
    attention: tuple[str, str, str] = ("attention.self.query", "attention.self.key", "attention.self.value")
    attention_output: str = "attention.output.dense"
    attention_norm: str = "attention.output.LayerNorm"
    intermediate: str = "intermediate.dense"
    output: str = "output.dense"
    output_norm: str = "output.LayerNorm"


DISTILBERT: Final = Names(
    "distilbert.",
    "transformer.layer",
    ("attention.q_lin", "attention.k_lin", "attention.v_lin"),
    "attention.out_lin",
    "sa_layer_norm",
    "ffn.lin1",
    "ffn.lin2",
    "output_layer_norm",
)
MPNET: Final = Names(
    "mpnet.",
    attention=("attention.attn.q", "attention.attn.k", "attention.attn.v"),
    attention_output="attention.attn.o",
    attention_norm="attention.LayerNorm",
)
NAMES: Final = {
    "bert": Names("bert."),
    "distilbert": DISTILBERT,
    "roberta": Names("roberta."),
    "xlm-roberta": Names("roberta."),
    "mpnet": MPNET,
}


class Bert(tf.Module):
    """BERT, from token ids to hidden states."""

    def __init__(self, config: BertConfig, checkpoint: Checkpoint, precision: Precision, trainable: bool = False):
        super().__init__()
        names = NAMES[config.family]
        prefix = names.prefix if f"{names.prefix}embeddings.word_embeddings.weight" in checkpoint.tensors else ""
        self.precision = tf.as_dtype(precision)
        weights = Weights(checkpoint, tf.float32 if trainable else self.precision, trainable)
        width, self.tables = config.hidden_size, f"{prefix}embeddings."
        sizes = {"word": config.vocab_size, "position": config.max_position_embeddings}
        sizes |= {"token_type": config.type_vocab_size} if config.type_vocab_size else {}
        self._tables = {
            name: weights.variable(weights.tensor(f"{self.tables}{name}_embeddings.weight", (rows, width)))
            for name, rows in sizes.items()
        }
        self.words, self.positions = self._tables["word"], self._tables["position"]
        self.norm = LayerNorm(weights, f"{self.tables}LayerNorm", width, config.layer_norm_eps)
        self.layers = [
            Layer(weights, names, f"{prefix}{names.layers}.{index}", config)
            for index in range(config.num_hidden_layers)
        ]
        self._padding = config.padding
        self._distances: tf.Variable | None = None
        if config.relative_attention_num_buckets:
            shape = (config.relative_attention_num_buckets, config.num_attention_heads)
            self._distances = weights.variable(weights.tensor(f"{prefix}{DISTANCES}", shape), tf.float32)

    def hidden(
        self, ids: tf.RaggedTensor, types: tf.RaggedTensor | None = None, dropout: Dropout = no_dropout
    ) -> tf.Tensor:
        """Return the last layer's states, float32 [B, T, W], of int32 ids [B, (T)] and their types, by default 0."""
        mask = tf.sequence_mask(ids.row_lengths(), dtype=tf.float32)
        x = tf.gather(self.words, ids.to_tensor())
        further = self._positions(ids, tf.shape(x)[1])
        if "token_type" in self._tables:
            table = self._tables["token_type"]
            further += table[0] if types is None else tf.gather(table, types.to_tensor())
        x = tf.cast(x + further, self.precision)
        x = dropout(self.norm(x))
        bias = tf.cast((mask[:, tf.newaxis, tf.newaxis, :] - 1.0) * 1e9, x.dtype)
        if self._distances is not None:
            bias += tf.cast(relative_bias(self._distances, tf.shape(x)[1]), x.dtype)
        shape = tf.shape(x)
        x = tf.reshape(x, [-1, x.shape[-1]])
        for layer in self.layers:
            x = layer(x, bias, dropout)
        return tf.cast(tf.reshape(x, shape), tf.float32)

    def _positions(self, ids: tf.RaggedTensor, length: tf.Tensor) -> tf.Tensor:
        """Return the embeddings of the positions, [T, W] or [B, T, W].

        RoBERTa counts from the padding token's id, and gives that position to padding tokens in a text.
        """
        if self._padding is None:
            return self.positions[:length]
        tokens = tf.cast(ids.to_tensor(default_value=self._padding) != self._padding, tf.int32)
        return tf.gather(self.positions, tf.cumsum(tokens, axis=1) * tokens + self._padding)

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, float32, by the checkpoint's names."""
        tensors = {f"{self.tables}{name}_embeddings.weight": to_numpy(table) for name, table in self._tables.items()}
        if self._distances is not None:
            tensors[f"{self.tables.removesuffix('embeddings.')}{DISTANCES}"] = to_numpy(self._distances)
        return tensors | module_tensors(self)

    def layer_variables(self) -> list[list[tf.Variable]]:
        """Return the variables of each layer, the lowest first."""
        return [list(layer.variables) for layer in self.layers]


class Layer(tf.Module):
    """One encoder layer, with layer normalisation after attention and after the MLP."""

    def __init__(self, weights: Weights, names: Names, name: str, config: BertConfig):
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.heads = config.num_attention_heads
        self.activation = ACTIVATIONS[config.hidden_act]
        self.attention = Dense(weights, [f"{name}.{part}" for part in names.attention], width, width)
        self.attention_output = Dense(weights, [f"{name}.{names.attention_output}"], width, width)
        self.attention_norm = LayerNorm(weights, f"{name}.{names.attention_norm}", width, config.layer_norm_eps)
        self.intermediate = Dense(weights, [f"{name}.{names.intermediate}"], width, inner)
        self.output = Dense(weights, [f"{name}.{names.output}"], inner, width)
        self.output_norm = LayerNorm(weights, f"{name}.{names.output_norm}", width, config.layer_norm_eps)

    def __call__(self, x: tf.Tensor, bias: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return [B T, W] of `x` [B T, W]; all texts are in one matrix, since such products are fastest."""
        mixed = self.attend(self.attention(x), bias, dropout)
        x = self.attention_norm(x + dropout(self.attention_output(mixed)))
        return self.output_norm(x + dropout(self.output(self.activation(self.intermediate(x)))))

    def attend(self, joined: tf.Tensor, bias: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return multi-head attention of joined queries, keys and values [B T, 3 W].

        `bias`, [B, 1, 1, T] or [B, H, T, T], is added to the scores; it masks padding.
        """
        batch, tokens, width = tf.shape(bias)[0], tf.shape(bias)[3], joined.shape[-1] // 3
        size = width // self.heads
        parts = tf.transpose(tf.reshape(joined, [batch, tokens, 3, self.heads, size]), [2, 0, 3, 1, 4])
        query, key, value = tf.unstack(parts, axis=0)
        scores = tf.linalg.matmul(query * size**-0.5, key, transpose_b=True)
        mixed = tf.linalg.matmul(dropout(tf.nn.softmax(scores + bias)), value)
        return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, width])


def relative_bias(table: tf.Variable, length: tf.Tensor) -> tf.Tensor:
    """Return the scores of relative positions, [1, H, T, T], of buckets [N, H] (Raffel et al. 2020).

    Half of the buckets are for each direction; half of these for single distances, the others grow logarithmically.
    """
    buckets = table.shape[0] // 2
    exact = buckets // 2
    places = tf.range(length)
    distance = places[:, tf.newaxis] - places[tf.newaxis, :]
    away = tf.abs(distance)
    ratio = tf.math.log(tf.cast(tf.maximum(away, 1), tf.float32) / exact) / math.log(FURTHEST / exact)
    far = tf.minimum(exact + tf.cast(ratio * (buckets - exact), tf.int32), buckets - 1)
    bucket = tf.where(away < exact, away, far) + tf.where(distance < 0, buckets, 0)
    return tf.transpose(tf.gather(table, bucket), [2, 0, 1])[tf.newaxis]
