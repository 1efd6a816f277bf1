"""BERT in TensorFlow ops: token ids to sentence vectors (Devlin et al. 2019; Reimers and Gurevych 2019).

KerasHub's `BertBackbone` has the tanh approximation of gelu built in; these checkpoints use the exact one, and the
difference would break parity. So the encoder is written out here, on the checkpoint's own tensor names.
"""

import numpy as np
import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.config import Precision
from vitrine.encoders.sentence.config import BertConfig

ACTIVATIONS = {
    "gelu": lambda x: tf.nn.gelu(x, approximate=False),
    "gelu_new": lambda x: tf.nn.gelu(x, approximate=True),
    "gelu_pytorch_tanh": lambda x: tf.nn.gelu(x, approximate=True),
    "relu": tf.nn.relu,
}


class Dense(tf.Module):
    """x @ kernel + bias, in the kernel's precision; several of the checkpoint's layers may be joined side by side."""

    def __init__(self, checkpoint: Checkpoint, names: list[str], inputs: int, outputs: int, dtype: tf.DType):
        super().__init__()
        kernel = np.concatenate([checkpoint.tensor(f"{name}.weight", (outputs, inputs)).T for name in names], axis=1)
        bias = np.concatenate([checkpoint.tensor(f"{name}.bias", (outputs,)) for name in names])
        self.kernel = tf.Variable(tf.cast(kernel, dtype), trainable=False)
        self.bias = tf.Variable(tf.cast(bias, dtype), trainable=False)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.bias_add(tf.linalg.matmul(x, self.kernel), self.bias)


class LayerNorm(tf.Module):
    """Layer normalisation over the last axis, computed in float32 at every precision."""

    def __init__(self, checkpoint: Checkpoint, name: str, width: int, epsilon: float):
        super().__init__()
        self.gamma = tf.Variable(checkpoint.tensor(f"{name}.weight", (width,)), trainable=False)
        self.beta = tf.Variable(checkpoint.tensor(f"{name}.bias", (width,)), trainable=False)
        self.epsilon = epsilon

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        wide = tf.cast(x, tf.float32)
        mean, variance = tf.nn.moments(wide, axes=[-1], keepdims=True)
        scale = tf.math.rsqrt(variance + self.epsilon) * self.gamma
        return tf.cast((wide - mean) * scale + self.beta, x.dtype)


class Layer(tf.Module):
    """One encoder layer, normalised after each half."""

    def __init__(self, checkpoint: Checkpoint, name: str, config: BertConfig, dtype: tf.DType):
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.heads = config.num_attention_heads
        self.activation = ACTIVATIONS[config.hidden_act]
        attention = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        self.attention = Dense(checkpoint, attention, width, width, dtype)
        self.attention_output = Dense(checkpoint, [f"{name}.attention.output.dense"], width, width, dtype)
        self.attention_norm = LayerNorm(checkpoint, f"{name}.attention.output.LayerNorm", width, config.layer_norm_eps)
        self.intermediate = Dense(checkpoint, [f"{name}.intermediate.dense"], width, inner, dtype)
        self.output = Dense(checkpoint, [f"{name}.output.dense"], inner, width, dtype)
        self.output_norm = LayerNorm(checkpoint, f"{name}.output.LayerNorm", width, config.layer_norm_eps)

    def __call__(self, x: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
        """Return [B T, W] of `x` [B T, W]; rows of all texts in one matrix, for which products are fastest."""
        x = self.attention_norm(x + self.attention_output(self.attend(self.attention(x), bias)))
        return self.output_norm(x + self.output(self.activation(self.intermediate(x))))

    def attend(self, joined: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
        """Multi-head attention; `joined` [B T, 3 W] holds queries, keys and values, `bias` [B, 1, 1, T] the mask."""
        batch, tokens, width = tf.shape(bias)[0], tf.shape(bias)[3], joined.shape[-1] // 3
        size = width // self.heads
        parts = tf.transpose(tf.reshape(joined, [batch, tokens, 3, self.heads, size]), [2, 0, 3, 1, 4])
        query, key, value = tf.unstack(parts, axis=0)
        scores = tf.linalg.matmul(query * size**-0.5, key, transpose_b=True)
        mixed = tf.linalg.matmul(tf.nn.softmax(scores + bias), value)
        return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, width])


class Bert(tf.Module):
    """Token ids to one vector of unit length per row."""

    def __init__(self, config: BertConfig, checkpoint: Checkpoint, precision: Precision):
        super().__init__()
        prefix = "bert." if "bert.embeddings.word_embeddings.weight" in checkpoint.tensors else ""
        dtype = tf.as_dtype(precision)
        width, table = config.hidden_size, f"{prefix}embeddings."
        words = checkpoint.tensor(f"{table}word_embeddings.weight", (config.vocab_size, width))
        positions = checkpoint.tensor(f"{table}position_embeddings.weight", (config.max_position_embeddings, width))
        types = checkpoint.tensor(f"{table}token_type_embeddings.weight", (config.type_vocab_size, width))
        self.words = tf.Variable(tf.cast(words, dtype), trainable=False)
        self.positions = tf.Variable(tf.cast(positions + types[0], dtype), trainable=False)
        self.norm = LayerNorm(checkpoint, f"{table}LayerNorm", width, config.layer_norm_eps)
        self.layers = [
            Layer(checkpoint, f"{prefix}encoder.layer.{index}", config, dtype)
            for index in range(config.num_hidden_layers)
        ]
        self.pooling = config.pooling

    def __call__(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Embed int32 ids [B, (T)], special tokens included; returns float32 [B, D], rows of unit length."""
        mask = tf.sequence_mask(ids.row_lengths(), dtype=tf.float32)
        x = tf.gather(self.words, ids.to_tensor())
        x = self.norm(x + self.positions[tf.newaxis, : tf.shape(x)[1]])
        bias = tf.cast((mask[:, tf.newaxis, tf.newaxis, :] - 1.0) * 1e9, x.dtype)
        shape = tf.shape(x)
        x = tf.reshape(x, [-1, x.shape[-1]])
        for layer in self.layers:
            x = layer(x, bias)
        x = tf.cast(tf.reshape(x, shape), tf.float32)
        pooled = x[:, 0] if self.pooling == "cls" else tf.reduce_sum(x * mask[:, :, tf.newaxis], axis=1)
        return tf.math.l2_normalize(pooled, axis=-1)
