"""ModernBERT in TensorFlow ops, from token ids to hidden states (Warner et al. 2024).

It has rotary positions, gated MLPs, normalisation before each part, and layers that attend to near tokens only.
"""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, Json
from vitrine.encoders.field_values import json_object, positive_int, validated
from vitrine.encoders.known_fields import EMPTY, require_one_of
from vitrine.encoders.sentence.config import CODE, max_tokens
from vitrine.encoders.settings import Precision
from vitrine.encoders.transformer_config import TransformerConfig
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
from vitrine.errors import DataError

FULL, SLIDING = "full_attention", "sliding_attention"
THETA: Final = {FULL: ("global_rope_theta", 160_000.0), SLIDING: ("local_rope_theta", 10_000.0)}
"""The field of each kind of layer for the base of its rotary positions, and its default."""
PREFIX: Final = "model."
WORDS: Final = "embeddings.tok_embeddings.weight"


class ModernBertConfig(TransformerConfig):
    """Fields of `config.json`, by its names, that affect the computation, and the bound on a text's tokens."""

    vocab_size: int
    hidden_activation: Literal["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"] = "gelu"
    norm_eps: float = 1e-5
    norm_bias: bool = False
    attention_bias: bool = False
    mlp_bias: bool = False
    local_attention: int = 128
    layer_types: tuple[Literal["full_attention", "sliding_attention"], ...]
    theta: dict[str, float]
    max_tokens: int


def modernbert_config(checkpoint: Checkpoint) -> ModernBertConfig:
    """Read the configuration of ModernBERT, in the form of `transformers` 4 or 5.

    Raises:
        DataError: a field is missing, or the model's computation is not supported.
    """
    fields, where = dict(checkpoint.json(CONFIG)), f"{checkpoint.origin}/{CONFIG}"
    require_one_of(fields, where, {**CODE, "rope_scaling": EMPTY})
    positions = positive_int(fields.get("max_position_embeddings", 8192), f"{where}: max_position_embeddings")
    fields |= {
        "layer_types": fields.get("layer_types") or _layer_types(fields, where),
        "max_tokens": max_tokens(checkpoint, positions),
        "theta": {kind: _theta(fields, kind, where) for kind in THETA},
    }
    config = validated(ModernBertConfig, fields, where)
    if len(config.layer_types) != config.num_hidden_layers:
        layers = config.num_hidden_layers
        raise DataError(f"{where}: layer_types has {len(config.layer_types)} layers, num_hidden_layers says {layers}")
    return config


def _layer_types(fields: Json, where: str) -> list[str]:
    """Return the kinds of layers in the form of `transformers` 4: one in so many attends to all tokens."""
    layers = positive_int(fields.get("num_hidden_layers"), f"{where}: num_hidden_layers")
    every = positive_int(fields.get("global_attn_every_n_layers", 3), f"{where}: global_attn_every_n_layers")
    return [SLIDING if index % every else FULL for index in range(layers)]


def _theta(fields: Json, kind: str, where: str) -> object:
    """Return the base of the rotary positions of a kind of layers, as the file has it."""
    name, default = THETA[kind]
    place = f"{where}: rope_parameters"
    kinds = json_object(fields.get("rope_parameters") or {}, place)
    parameters = json_object(kinds.get(kind) or {}, f"{place}.{kind}")
    unknown = {key: value for key, value in parameters.items() if key not in ("rope_type", "rope_theta")}
    if unknown or parameters.get("rope_type", "default") != "default":
        raise DataError(f"{where}: rope_parameters.{kind} is {parameters}; only rope_type 'default' is supported")
    return parameters.get("rope_theta") or fields.get(name) or default


class ModernBert(tf.Module):
    """ModernBERT, from token ids to hidden states."""

    def __init__(self, config: ModernBertConfig, checkpoint: Checkpoint, precision: Precision, trainable: bool = False):
        super().__init__()
        self._config, self._dtype = config, tf.as_dtype(precision)
        prefix = PREFIX if f"{PREFIX}{WORDS}" in checkpoint.tensors else ""
        weights = Weights(checkpoint, tf.float32 if trainable else self._dtype, trainable)
        self._table = f"{prefix}{WORDS}"
        self.words = weights.variable(weights.tensor(self._table, (config.vocab_size, config.hidden_size)))
        self.norm = _norm(weights, f"{prefix}embeddings.norm", config)
        self.layers = [
            Layer(weights, f"{prefix}layers.{index}", config, index, self._dtype)
            for index in range(config.num_hidden_layers)
        ]
        self.last_norm = _norm(weights, f"{prefix}final_norm", config)

    def hidden(
        self, ids: tf.RaggedTensor, _types: tf.RaggedTensor | None = None, dropout: Dropout = no_dropout
    ) -> tf.Tensor:
        """Return the last layer's states, float32 [B, T, W], of int32 ids [B, (T)]; it has no token types."""
        x = dropout(self.norm(tf.cast(tf.gather(self.words, ids.to_tensor()), tf.float32)))
        length = tf.shape(x)[1]
        real = tf.sequence_mask(ids.row_lengths())[:, tf.newaxis, tf.newaxis, :]
        places = tf.range(length)
        near = tf.abs(places[:, tf.newaxis] - places) <= self._config.local_attention // 2
        masks = {FULL: real, SLIDING: real & near}
        biases = {kind: tf.cast(tf.where(mask, 0.0, -1e9), self._dtype) for kind, mask in masks.items()}
        size = self._config.hidden_size // self._config.num_attention_heads
        angles = {kind: _angles(length, size, theta) for kind, theta in self._config.theta.items()}
        for layer, kind in zip(self.layers, self._config.layer_types, strict=True):
            x = layer(x, biases[kind], angles[kind], dropout)
        return self.last_norm(x)

    def layer_variables(self) -> list[list[tf.Variable]]:
        """Return the variables of each layer, the lowest first; the last normalisation is part of the last layer."""
        *lower, last = (list(layer.variables) for layer in self.layers)
        return [*lower, [*last, *self.last_norm.variables]]

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, float32, by the checkpoint's names."""
        return {self._table: to_numpy(self.words)} | module_tensors(self)


class Layer(tf.Module):
    """One encoder layer. The first one has no normalisation before attention."""

    def __init__(self, weights: Weights, name: str, config: ModernBertConfig, index: int, dtype: tf.DType):
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.heads, self._dtype = config.num_attention_heads, dtype
        self.activation = ACTIVATIONS[config.hidden_activation]
        self.attention_norm = _norm(weights, f"{name}.attn_norm", config) if index else None
        self.attention = Dense(weights, [f"{name}.attn.Wqkv"], width, 3 * width, config.attention_bias)
        self.attention_output = Dense(weights, [f"{name}.attn.Wo"], width, width, config.attention_bias)
        self.mlp_norm = _norm(weights, f"{name}.mlp_norm", config)
        self.intermediate = Dense(weights, [f"{name}.mlp.Wi"], width, 2 * inner, config.mlp_bias)
        self.output = Dense(weights, [f"{name}.mlp.Wo"], inner, width, config.mlp_bias)

    def __call__(self, x: tf.Tensor, bias: tf.Tensor, angles: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, T, W] of `x`, float32 [B, T, W]."""
        normal = x if self.attention_norm is None else self.attention_norm(x)
        mixed = self.attend(self.attention(tf.cast(normal, self._dtype)), bias, angles, dropout)
        x += tf.cast(dropout(self.attention_output(mixed)), tf.float32)
        inner, gate = tf.split(self.intermediate(tf.cast(self.mlp_norm(x), self._dtype)), 2, axis=-1)
        return x + tf.cast(self.output(dropout(self.activation(inner) * gate)), tf.float32)

    def attend(self, joined: tf.Tensor, bias: tf.Tensor, angles: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return multi-head attention [B, T, W] of joined queries, keys and values [B, T, 3 W]."""
        batch, tokens, width = tf.shape(joined)[0], tf.shape(joined)[1], joined.shape[-1] // 3
        size = width // self.heads
        parts = tf.transpose(tf.reshape(joined, [batch, tokens, 3, self.heads, size]), [2, 0, 3, 1, 4])
        query, key, value = tf.unstack(parts, axis=0)
        query, key = (rotate(part, angles) for part in (query, key))
        scores = tf.linalg.matmul(query * size**-0.5, key, transpose_b=True) + bias
        mixed = tf.linalg.matmul(dropout(tf.nn.softmax(scores)), value)
        return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, width])


def rotate(x: tf.Tensor, angles: tf.Tensor) -> tf.Tensor:
    """Return `x` [B, H, T, S] with each pair of halves rotated by `angles`, float32 [T, S / 2] (Su et al. 2021)."""
    first, second = tf.split(tf.cast(x, tf.float32), 2, axis=-1)
    cosine, sine = tf.cos(angles), tf.sin(angles)
    turned = tf.concat([first * cosine - second * sine, second * cosine + first * sine], axis=-1)
    return tf.cast(turned, x.dtype)


def _angles(length: tf.Tensor, size: int, theta: float) -> tf.Tensor:
    frequency = 1.0 / theta ** (tf.range(0, size, 2, dtype=tf.float32) / size)
    return tf.cast(tf.range(length), tf.float32)[:, tf.newaxis] * frequency


def _norm(weights: Weights, name: str, config: ModernBertConfig) -> LayerNorm:
    return LayerNorm(weights, name, config.hidden_size, config.norm_eps, config.norm_bias)
