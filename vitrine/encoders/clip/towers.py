"""CLIP's two towers in TensorFlow ops, with the checkpoint's tensor names (Radford et al. 2021).

They compute the same as KerasHub's CLIP. They are implemented here for the time of training and the latency of
queries: with one matrix product for queries, keys and values, no product with padding, and few ops between products,
short texts are 1.6 times as fast in float32 and 2.2 times in bfloat16, compared with the same PyTorch
(`benchmarks/encoders.py`).
"""

from typing import Final

import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig, TextConfig, TowerConfig, VisionConfig
from vitrine.encoders.clip.layers import Layer, attention_rows, levels
from vitrine.encoders.settings import Precision
from vitrine.encoders.transformer_layers import Dropout, LayerNorm, Parameter, Weights, no_dropout, unit

LEGACY_END: Final = 2
"""An end token that a wrong default wrote to configurations; `transformers` uses the highest id instead."""

PATCHES: Final = (2, 3, 1, 0)
"""The axes of a checkpoint's kernel of patches, in TensorFlow's order."""


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
        self.patches_per_side = vision.image_size // self._patch
        patches = self.patches_per_side**2
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

    def watched(self, images: tf.Tensor, watch: Dropout) -> tf.Tensor:
        """Return the vectors of normalised images, float32 [B, S, S, 3], with every attention passed to `watch`."""
        return self(images, watch)


def _layers(weights: Weights, prefix: str, config: TowerConfig) -> list[Layer]:
    return [Layer(weights, f"{prefix}.encoder.layers.{index}", config) for index in range(config.num_hidden_layers)]


def _projection(weights: Weights, name: str, dimension: int, width: int) -> Parameter:
    return Parameter(weights, f"{name}.weight", (dimension, width), (1, 0))


def _project(x: tf.Tensor, projection: Parameter) -> tf.Tensor:
    return tf.linalg.matmul(x, tf.cast(projection.value, x.dtype))
