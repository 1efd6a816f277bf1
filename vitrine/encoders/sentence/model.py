"""BERT in TensorFlow ops, from token ids to sentence vectors (Devlin et al. 2019; Reimers and Gurevych 2019).

KerasHub's `BertBackbone` always uses the tanh approximation of gelu. These checkpoints use the exact gelu, and the
difference would break parity, so the encoder is implemented here, with the checkpoint's tensor names.
"""

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.config import BertConfig
from vitrine.encoders.settings import Precision
from vitrine.encoders.transformer_layers import ACTIVATIONS, Dense, Dropout, LayerNorm, Weights, no_dropout, to_numpy


class Bert(tf.Module):
    """BERT, from token ids to hidden states or to one vector of unit length per row."""

    def __init__(self, config: BertConfig, checkpoint: Checkpoint, precision: Precision, trainable: bool = False):
        super().__init__()
        prefix = "bert." if "bert.embeddings.word_embeddings.weight" in checkpoint.tensors else ""
        self.precision = tf.as_dtype(precision)
        weights = Weights(checkpoint, tf.float32 if trainable else self.precision, trainable)
        width, self.tables = config.hidden_size, f"{prefix}embeddings."
        self.words, self.positions, self.types = (
            weights.variable(weights.tensor(f"{self.tables}{name}_embeddings.weight", (rows, width)))
            for name, rows in (
                ("word", config.vocab_size),
                ("position", config.max_position_embeddings),
                ("token_type", config.type_vocab_size),
            )
        )
        self.norm = LayerNorm(weights, f"{self.tables}LayerNorm", width, config.layer_norm_eps)
        self.layers = [
            Layer(weights, f"{prefix}encoder.layer.{index}", config) for index in range(config.num_hidden_layers)
        ]
        self.pooling = config.pooling

    def __call__(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Embed int32 ids [B, (T)], special tokens included, to float32 [B, D], rows of unit length."""
        x = self.hidden(ids)
        mask = tf.sequence_mask(ids.row_lengths(), dtype=tf.float32)
        pooled = x[:, 0] if self.pooling == "cls" else tf.reduce_sum(x * mask[:, :, tf.newaxis], axis=1)
        return tf.math.l2_normalize(pooled, axis=-1)

    def hidden(
        self, ids: tf.RaggedTensor, types: tf.RaggedTensor | None = None, dropout: Dropout = no_dropout
    ) -> tf.Tensor:
        """Return the last layer's states, float32 [B, T, W], of int32 ids [B, (T)] and their types, by default 0."""
        mask = tf.sequence_mask(ids.row_lengths(), dtype=tf.float32)
        x = tf.gather(self.words, ids.to_tensor())
        kinds = self.types[0] if types is None else tf.gather(self.types, types.to_tensor())
        x = tf.cast(x + (self.positions[: tf.shape(x)[1]] + kinds), self.precision)
        x = dropout(self.norm(x))
        bias = tf.cast((mask[:, tf.newaxis, tf.newaxis, :] - 1.0) * 1e9, x.dtype)
        shape = tf.shape(x)
        x = tf.reshape(x, [-1, x.shape[-1]])
        for layer in self.layers:
            x = layer(x, bias, dropout)
        return tf.cast(tf.reshape(x, shape), tf.float32)

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, float32, by the checkpoint's names."""
        tables = {"word": self.words, "position": self.positions, "token_type": self.types}
        tensors = {f"{self.tables}{name}_embeddings.weight": to_numpy(table) for name, table in tables.items()}
        for module in self.submodules:
            if isinstance(module, Dense | LayerNorm):
                tensors |= module.tensors()
        return tensors


class Layer(tf.Module):
    """One encoder layer, with layer normalisation after attention and after the MLP."""

    def __init__(self, weights: Weights, name: str, config: BertConfig):
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.heads = config.num_attention_heads
        self.activation = ACTIVATIONS[config.hidden_act]
        attention = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        self.attention = Dense(weights, attention, width, width)
        self.attention_output = Dense(weights, [f"{name}.attention.output.dense"], width, width)
        self.attention_norm = LayerNorm(weights, f"{name}.attention.output.LayerNorm", width, config.layer_norm_eps)
        self.intermediate = Dense(weights, [f"{name}.intermediate.dense"], width, inner)
        self.output = Dense(weights, [f"{name}.output.dense"], inner, width)
        self.output_norm = LayerNorm(weights, f"{name}.output.LayerNorm", width, config.layer_norm_eps)

    def __call__(self, x: tf.Tensor, bias: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return [B T, W] of `x` [B T, W]; all texts are in one matrix, since such products are fastest."""
        mixed = self.attend(self.attention(x), bias, dropout)
        x = self.attention_norm(x + dropout(self.attention_output(mixed)))
        return self.output_norm(x + dropout(self.output(self.activation(self.intermediate(x)))))

    def attend(self, joined: tf.Tensor, bias: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return multi-head attention of joined queries, keys and values [B T, 3 W], masked by `bias` [B, 1, 1, T]."""
        batch, tokens, width = tf.shape(bias)[0], tf.shape(bias)[3], joined.shape[-1] // 3
        size = width // self.heads
        parts = tf.transpose(tf.reshape(joined, [batch, tokens, 3, self.heads, size]), [2, 0, 3, 1, 4])
        query, key, value = tf.unstack(parts, axis=0)
        scores = tf.linalg.matmul(query * size**-0.5, key, transpose_b=True)
        mixed = tf.linalg.matmul(dropout(tf.nn.softmax(scores + bias)), value)
        return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, width])
