"""Layers of CLIP's towers: attention over rows without padding, and the MLP."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.clip.config import TowerConfig
from vitrine.encoders.transformer_layers import ACTIVATIONS, Dense, Dropout, LayerNorm, Weights, no_dropout

QUICK: Final = 1.702
"""The factor of quick_gelu(x) = x σ(1.702 x). The product before it is scaled by 1.702, so that it becomes swish, one
op, and the product after it by 1 / 1.702. Weights in training keep their own scale, as step sizes depend on it."""


class AttentionRows(NamedTuple):
    """Gather indices of attention for the N rows of B sequences of at most T rows.

    Heads have width S. `queries`, `keys` and `values`, int32 [B, H, T], index the joined queries, keys and values as
    [3 H N, S]. `packed`, int32 [N, H], indexes the rows of the result as [B H T, S]. `bias` [T, T], if present, is
    added to the scores.
    """

    queries: tf.Tensor
    keys: tf.Tensor
    values: tf.Tensor
    packed: tf.Tensor
    bias: tf.Tensor | None


def attention_rows(row: tf.Tensor, column: tf.Tensor, count: tf.Tensor, heads: int, causal: bool) -> AttentionRows:
    """Return the indices of `count` sequences of any lengths, given each row's sequence and place in it, int32 [N].

    Places past the end of a sequence refer to the first row of all, which only a causal mask hides.
    """
    longest = tf.reduce_max(tf.concat([column, [0]], axis=0)) + 1
    places = row * longest + column
    spread = tf.tensor_scatter_nd_update(
        tf.zeros([count * longest], tf.int32), places[:, tf.newaxis], tf.range(tf.size(places))
    )
    head = tf.range(heads)[:, tf.newaxis]
    queries = tf.reshape(spread, [count, 1, longest]) * (3 * heads) + head
    seen = tf.linalg.band_part(tf.ones([longest, longest], tf.bool), -1, 0)
    packed = (row[:, tf.newaxis] * heads + tf.range(heads)) * longest + column[:, tf.newaxis]
    return AttentionRows(
        queries, queries + heads, queries + 2 * heads, packed, tf.where(seen, 0.0, -1e9) if causal else None
    )


def attend(
    joined: tf.Tensor, heads: int, rows: AttentionRows, scale: float = 1.0, dropout: Dropout = no_dropout
) -> tf.Tensor:
    """Return multi-head attention [N, W] of joined queries, keys and values [N, 3 W].

    Scores are multiplied by `scale`. The heads are rearranged by gathering, which is faster than transposing.
    """
    width = joined.shape[-1] // 3
    joined = tf.reshape(joined, [-1, width // heads])
    scores = tf.linalg.matmul(tf.gather(joined, rows.queries), tf.gather(joined, rows.keys), transpose_b=True)
    if scale != 1.0:
        scores *= scale
    shares = dropout(tf.nn.softmax(scores) if rows.bias is None else _masked_softmax(scores, rows.bias))
    mixed = tf.reshape(tf.linalg.matmul(shares, tf.gather(joined, rows.values)), [-1, width // heads])
    return tf.reshape(tf.gather(mixed, rows.packed), [-1, width])


def _masked_softmax(scores: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Return the softmax of `scores` [B, H, T, T] with `bias` float32 [T, T], computed in float32.

    oneDNN's op, into which TensorFlow turns `tf.nn.softmax`, takes 60 µs to begin, six times these ops on a short text.
    """
    wide = tf.cast(scores, tf.float32) + bias
    powers = tf.exp(wide - tf.stop_gradient(tf.reduce_max(wide, axis=-1, keepdims=True)))
    return tf.cast(powers / tf.reduce_sum(powers, axis=-1, keepdims=True), scores.dtype)


class Layer(tf.Module):
    """One encoder layer, with layer normalisation before attention and before the MLP."""

    def __init__(self, weights: Weights, name: str, config: TowerConfig):
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        quick = config.hidden_act == "quick_gelu"
        smaller = (width // config.num_attention_heads) ** -0.5
        self._scale = smaller if weights.trainable else 1.0
        if quick:
            self._activation = quick_gelu if weights.trainable else swish
        else:
            self._activation = ACTIVATIONS[config.hidden_act]
        if not weights.trainable:
            weights = weights._replace(scales=_scales(name, smaller, quick))
        self._heads, self._dtype = config.num_attention_heads, weights.dtype
        self._norm_1 = LayerNorm(weights, f"{name}.layer_norm1", width, config.layer_norm_eps)
        parts = [f"{name}.self_attn.{part}_proj" for part in ("q", "k", "v")]
        self._attention = Dense(weights, parts, width, width)
        self._attention_output = Dense(weights, [f"{name}.self_attn.out_proj"], width, width)
        self._norm_2 = LayerNorm(weights, f"{name}.layer_norm2", width, config.layer_norm_eps)
        self._intermediate = Dense(weights, [f"{name}.mlp.fc1"], width, inner)
        self._output = Dense(weights, [f"{name}.mlp.fc2"], inner, width)

    def __call__(self, x: tf.Tensor, rows: AttentionRows, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [N, W] of `x`, float32 [N, W]."""
        joined = self._attention(tf.cast(self._norm_1(x), self._dtype))
        mixed = attend(joined, self._heads, rows, self._scale, dropout)
        x += tf.cast(dropout(self._attention_output(mixed)), tf.float32)
        inner = self._activation(self._intermediate(tf.cast(self._norm_2(x), self._dtype)))
        return x + tf.cast(dropout(self._output(inner)), tf.float32)


def _scales(name: str, smaller: float, quick: bool) -> dict[str, float]:
    """Return the scales of a served layer's tensors, which save products in the graph."""
    scales = {f"{name}.self_attn.q_proj.{part}": smaller for part in ("weight", "bias")}
    if quick:
        first, second = f"{name}.mlp.fc1", f"{name}.mlp.fc2"
        scales |= {f"{first}.weight": QUICK, f"{first}.bias": QUICK, f"{second}.weight": 1 / QUICK}
    return scales


def quick_gelu(x: tf.Tensor) -> tf.Tensor:
    """Return x σ(1.702 x), an approximation of gelu."""
    return x * tf.sigmoid(QUICK * x)


def swish(x: tf.Tensor) -> tf.Tensor:
    """Return swish, x σ(x). The sigmoid is computed in float32, whose op is vectorised, and rounded once."""
    wide = tf.cast(x, tf.float32)
    return tf.cast(wide * tf.sigmoid(wide), x.dtype)


def levels(
    head: Sequence[tf.Module], layers: Sequence[tf.Module], embeddings: Sequence[tf.Module]
) -> list[list[tf.Variable]]:
    """Return a tower's variables from the top: those of its head, of each layer, and of its embeddings."""
    parts = [head, *([layer] for layer in reversed(layers)), embeddings]
    return [[variable for module in part for variable in module.variables] for part in parts]
