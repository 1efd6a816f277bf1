"""CLIP's two towers in TensorFlow ops, with the checkpoint's tensor names (Radford et al. 2021).

They compute the same as KerasHub's CLIP, with which `vitrine.encoders.clip.training` trains. They are implemented here
for the latency of queries: with one matrix product for queries, keys and values, no product with padding, and few ops
between products, short texts are 1.6 times as fast in float32 and 2.2 times in bfloat16, compared with the same PyTorch
(`benchmarks/encoders.py`).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig, TextConfig, TowerConfig, VisionConfig
from vitrine.encoders.settings import Precision
from vitrine.encoders.transformer_layers import (
    ACTIVATIONS,
    Dense,
    Dropout,
    LayerNorm,
    Parameter,
    Weights,
    no_dropout,
    unit,
)

LEGACY_END: Final = 2
"""An end token that a wrong default wrote to configurations; `transformers` uses the highest id instead."""

QUICK: Final = 1.702
"""The factor of quick_gelu(x) = x σ(1.702 x). The product before it is scaled by 1.702, so that it becomes swish, one
op, and the product after it by 1 / 1.702. Weights in training keep their own scale, as step sizes depend on it."""


PATCHES: Final = (2, 3, 1, 0)
"""The axes of a checkpoint's kernel of patches, in TensorFlow's order."""


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
    if rows.bias is not None:
        scores += tf.cast(rows.bias, scores.dtype)
    shares = dropout(tf.nn.softmax(scores))
    mixed = tf.reshape(tf.linalg.matmul(shares, tf.gather(joined, rows.values)), [-1, width // heads])
    return tf.reshape(tf.gather(mixed, rows.packed), [-1, width])


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
    """Return swish, x σ(x), in a form that oneDNN fuses into one op."""
    return x * tf.sigmoid(x)


class TextTower(tf.Module):
    """The text tower, from token ids to vectors."""

    def __init__(self, config: ClipConfig, checkpoint: Checkpoint, precision: Precision, trainable: bool = False):
        super().__init__()
        text: TextConfig = config.text_config
        weights, prefix = Weights(checkpoint, tf.as_dtype(precision), trainable), "text_model"
        width, tables = text.hidden_size, "text_model.embeddings"
        self._end, self._heads, self._dtype = text.eos_token_id, text.num_attention_heads, weights.dtype
        self._words, self._positions = (
            Parameter(weights, f"{tables}.{name}_embedding.weight", (count, width))
            for name, count in (("token", text.vocab_size), ("position", text.max_position_embeddings))
        )
        self._layers = _layers(weights, prefix, text)
        self._norm = LayerNorm(weights, f"{prefix}.final_layer_norm", width, text.layer_norm_eps)
        self._projection = _projection(weights, "text_projection", config.projection_dim, width)

    @property
    def words(self) -> tf.Variable:
        """The word vectors."""
        return self._words.value

    def levels(self) -> list[list[tf.Variable]]:
        """Return the variables from the head down to the embeddings, layer by layer."""
        return levels([self._projection, self._norm], self._layers, [self._words, self._positions])

    def __call__(self, ids: tf.RaggedTensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, of int32 ids [B, (T)], special tokens included.

        Matrix products are computed for the N tokens only. Attention alone has padding, which the causal mask hides.
        """
        row = tf.cast(ids.value_rowids(), tf.int32)
        starts = tf.cast(ids.row_starts(), tf.int32)
        column = tf.range(tf.size(row)) - tf.gather(starts, row)
        rows = attention_rows(row, column, tf.cast(ids.nrows(), tf.int32), self._heads, causal=True)
        x = tf.gather(self._words.value, ids.flat_values) + tf.gather(self._positions.value, column)
        x = dropout(tf.cast(x, tf.float32))
        for layer in self._layers:
            x = layer(x, rows, dropout)
        pooled = self._norm(tf.gather(x, self._ends(ids, row)))
        return unit(_project(tf.cast(pooled, self._dtype), self._projection))

    def _ends(self, ids: tf.RaggedTensor, row: tf.Tensor) -> tf.Tensor:
        """Return the place of each text's first end token, int32 [B]."""
        flat, count = ids.flat_values, tf.cast(ids.nrows(), tf.int32)
        end = tf.gather(tf.math.unsorted_segment_max(flat, row, count), row) if self._end == LEGACY_END else self._end
        last = tf.cast(ids.row_limits(), tf.int32) - 1
        place = tf.where(flat == end, tf.range(tf.size(flat)), tf.gather(last, row))
        return tf.math.unsorted_segment_min(place, row, count)


class VisionTower(tf.Module):
    """The image tower, from pixels to vectors."""

    def __init__(self, config: ClipConfig, checkpoint: Checkpoint, precision: Precision, trainable: bool = False):
        super().__init__()
        vision: VisionConfig = config.vision_config
        weights, prefix = Weights(checkpoint, tf.as_dtype(precision), trainable), "vision_model"
        width, self._patch, tables = vision.hidden_size, vision.patch_size, "vision_model.embeddings"
        self._heads, self._dtype = vision.num_attention_heads, weights.dtype
        patches = (vision.image_size // self._patch) ** 2
        square = (width, 3, self._patch, self._patch)
        self._kernel = Parameter(weights, f"{tables}.patch_embedding.weight", square, PATCHES)
        self._class = Parameter(weights, f"{tables}.class_embedding", (width,))
        self._positions = Parameter(weights, f"{tables}.position_embedding.weight", (patches + 1, width))
        norms = (f"{prefix}.pre_layrnorm", f"{prefix}.post_layernorm")  # the first is spelt so in the checkpoints
        self._first, self._last = (LayerNorm(weights, name, width, vision.layer_norm_eps) for name in norms)
        self._layers = _layers(weights, prefix, vision)
        self._projection = _projection(weights, "visual_projection", config.projection_dim, width)

    def levels(self) -> list[list[tf.Variable]]:
        """Return the variables from the head down to the patches, layer by layer."""
        patches = [self._kernel, self._class, self._positions, self._first]
        return levels([self._projection, self._last], self._layers, patches)

    def __call__(self, images: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, of normalised images float32 [B, S, S, 3]."""
        images = tf.cast(images, self._dtype)
        kernel, places = (tf.cast(each.value, self._dtype) for each in (self._kernel, self._positions))
        patches = tf.nn.conv2d(images, kernel, strides=self._patch, padding="VALID")
        count, (tokens, width) = tf.shape(images)[0], places.shape
        x = tf.reshape(patches, [count, tokens - 1, width])
        first = tf.tile(tf.cast(self._class.value, self._dtype)[tf.newaxis, tf.newaxis], [count, 1, 1])
        x = tf.cast(tf.concat([first, x], axis=1) + places, tf.float32)
        x = dropout(self._first(tf.reshape(x, [-1, width])))
        row, column = tf.meshgrid(tf.range(count), tf.range(tokens), indexing="ij")
        rows = attention_rows(tf.reshape(row, [-1]), tf.reshape(column, [-1]), count, self._heads, causal=False)
        for layer in self._layers:
            x = layer(x, rows, dropout)
        pooled = self._last(tf.reshape(x, [count, tokens, width])[:, 0])
        return unit(_project(tf.cast(pooled, self._dtype), self._projection))


def _layers(weights: Weights, prefix: str, config: TowerConfig) -> list[Layer]:
    return [Layer(weights, f"{prefix}.encoder.layers.{index}", config) for index in range(config.num_hidden_layers)]


def _projection(weights: Weights, name: str, dimension: int, width: int) -> Parameter:
    return Parameter(weights, f"{name}.weight", (dimension, width), (1, 0))


def _project(x: tf.Tensor, projection: Parameter) -> tf.Tensor:
    return tf.linalg.matmul(x, tf.cast(projection.value, x.dtype))


def levels(
    head: Sequence[tf.Module], layers: Sequence[tf.Module], embeddings: Sequence[tf.Module]
) -> list[list[tf.Variable]]:
    """Return a tower's variables from the top: those of its head, of each layer, and of its embeddings."""
    parts = [head, *([layer] for layer in reversed(layers)), embeddings]
    return [[variable for module in part for variable in module.variables] for part in parts]
