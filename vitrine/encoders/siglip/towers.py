"""SigLIP's two towers in TensorFlow ops, with the tensor names of `transformers`.

The layers are CLIP's. Texts are padded to a fixed length, and mostly attend to the padding too; the state of the last
place is the text's. An image is what a learnt query attends to in its patches.
"""

import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.layers import Layer, attention_rows, levels
from vitrine.encoders.clip.towers import PATCHES
from vitrine.encoders.settings import Precision
from vitrine.encoders.siglip.config import SiglipConfig
from vitrine.encoders.siglip.padding import Padding
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


def _encode(
    layers: list[Layer], x: tf.Tensor, heads: int, mask: tf.Tensor | None = None, dropout: Dropout = no_dropout
) -> tf.Tensor:
    """Return the states float32 [B, T, W] after the layers, of `x` [B, T, W].

    Every place attends to all, or to those with a `mask`, bool [B, T].
    """
    count, tokens, width = tf.shape(x)[0], tf.shape(x)[1], x.shape[2]
    row, column = tf.meshgrid(tf.range(count), tf.range(tokens), indexing="ij")
    rows = attention_rows(tf.reshape(row, [-1]), tf.reshape(column, [-1]), count, heads, causal=False)
    if mask is not None:
        rows = rows._replace(bias=tf.where(mask, 0.0, -1e9)[:, tf.newaxis, tf.newaxis])
    flat = dropout(tf.reshape(tf.cast(x, tf.float32), [-1, width]))
    for layer in layers:
        flat = layer(flat, rows, dropout)
    return tf.reshape(flat, [count, tokens, width])


class TextTower(tf.Module):
    """The text tower, from token ids to vectors."""

    def __init__(
        self,
        config: SiglipConfig,
        checkpoint: Checkpoint,
        precision: Precision,
        padding: Padding,
        trainable: bool = False,
    ):
        super().__init__()
        self._padding = padding
        text, prefix = config.text_config, "text_model"
        weights, width = Weights(checkpoint, tf.as_dtype(precision), trainable), text.hidden_size
        self._heads, self._dtype = text.num_attention_heads, weights.dtype
        self._words, self._positions = (
            Parameter(weights, f"{prefix}.embeddings.{name}_embedding.weight", (count, width))
            for name, count in (("token", text.vocab_size), ("position", text.max_position_embeddings))
        )
        self._layers = [
            Layer(weights, f"{prefix}.encoder.layers.{index}", text) for index in range(text.num_hidden_layers)
        ]
        self._norm = LayerNorm(weights, f"{prefix}.final_layer_norm", width, text.layer_norm_eps)
        self._head = Dense(weights, [f"{prefix}.head"], width, text.projection_size)

    @property
    def words(self) -> tf.Variable:
        """The word vectors."""
        return self._words.value

    def levels(self) -> list[list[tf.Variable]]:
        """Return the variables from the head down to the embeddings, layer by layer."""
        return levels([self._head, self._norm], self._layers, [self._words, self._positions])

    def __call__(self, ids: tf.RaggedTensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, of int32 ids [B, (T)], special tokens included."""
        padded, mask = self._padding(ids)
        x = tf.gather(self._words.value, padded) + self._positions.value[: self._padding.length]
        states = _encode(self._layers, x, self._heads, mask if self._padding.masked else None, dropout)
        pooled = self._norm(states[:, -1])
        return unit(self._head(tf.cast(pooled, self._dtype)))


class VisionTower(tf.Module):
    """The image tower, from pixels to vectors."""

    def __init__(self, config: SiglipConfig, checkpoint: Checkpoint, precision: Precision, trainable: bool = False):
        super().__init__()
        vision, prefix = config.vision_config, "vision_model"
        weights, tables = Weights(checkpoint, tf.as_dtype(precision), trainable), "vision_model.embeddings"
        width, self._patch = vision.hidden_size, vision.patch_size
        self._heads, self._dtype = vision.num_attention_heads, weights.dtype
        self.patches_per_side = vision.image_size // self._patch
        patches = self.patches_per_side**2
        square = (width, 3, self._patch, self._patch)
        self._kernel = Parameter(weights, f"{tables}.patch_embedding.weight", square, PATCHES)
        self._bias = Parameter(weights, f"{tables}.patch_embedding.bias", (width,))
        self._positions = Parameter(weights, f"{tables}.position_embedding.weight", (patches, width))
        self._layers = [
            Layer(weights, f"{prefix}.encoder.layers.{index}", vision) for index in range(vision.num_hidden_layers)
        ]
        self._norm = LayerNorm(weights, f"{prefix}.post_layernorm", width, vision.layer_norm_eps)
        self._head = PoolingHead(weights, f"{prefix}.head", config)

    def levels(self) -> list[list[tf.Variable]]:
        """Return the variables from the head down to the patches, layer by layer."""
        return levels([self._head, self._norm], self._layers, [self._kernel, self._bias, self._positions])

    def __call__(self, images: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, of normalised images float32 [B, S, S, 3]."""
        return unit(self._head(self._states(images, dropout)))

    def watched(self, images: tf.Tensor, watch: Dropout) -> tf.Tensor:
        """Return the vectors of normalised images, float32 [B, S, S, 3], with every attention passed to `watch`."""
        return unit(self._head(self._states(images, watch), watch))

    def _states(self, images: tf.Tensor, dropout: Dropout) -> tf.Tensor:
        """Return the normalised states of the patches, float32 [B, N, W]."""
        images = tf.cast(images, self._dtype)
        kernel, bias, places = (
            tf.cast(each.value, self._dtype) for each in (self._kernel, self._bias, self._positions)
        )
        patches = tf.nn.conv2d(images, kernel, strides=self._patch, padding="VALID") + bias
        x = tf.reshape(patches, [tf.shape(images)[0], *places.shape]) + places
        return self._norm(_encode(self._layers, x, self._heads, dropout=dropout))


class PoolingHead(tf.Module):
    """The image's vector: multi-head attention of one learnt query to all patches, and an MLP."""

    def __init__(self, weights: Weights, name: str, config: SiglipConfig):
        super().__init__()
        vision = config.vision_config
        width, self._heads = vision.hidden_size, vision.num_attention_heads
        self._dtype = weights.dtype
        self._kernel = Parameter(weights, f"{name}.attention.in_proj_weight", (3 * width, width), (1, 0))
        self._bias = Parameter(weights, f"{name}.attention.in_proj_bias", (3 * width,))
        self._probe = Parameter(weights, f"{name}.probe", (1, 1, width))
        self._output = Dense(weights, [f"{name}.attention.out_proj"], width, width)
        self._norm = LayerNorm(weights, f"{name}.layernorm", width, vision.layer_norm_eps)
        self._inner = Dense(weights, [f"{name}.mlp.fc1"], width, vision.intermediate_size)
        self._outer = Dense(weights, [f"{name}.mlp.fc2"], vision.intermediate_size, width)
        self._activation = ACTIVATIONS[vision.hidden_act]

    def __call__(self, x: tf.Tensor, watch: Dropout = no_dropout) -> tf.Tensor:
        """Return [B, W] of the patches' states `x` [B, N, W]; the attention [B, H, N] is passed to `watch`."""
        x = tf.cast(x, self._dtype)
        count, tokens, width = tf.shape(x)[0], tf.shape(x)[1], x.shape[2]
        kernel, bias = (tf.cast(each.value, self._dtype) for each in (self._kernel, self._bias))
        both = tf.linalg.matmul(tf.reshape(x, [-1, width]), kernel[:, width:]) + bias[width:]
        keys, values = tf.unstack(tf.reshape(both, [count, tokens, 2, self._heads, width // self._heads]), axis=2)
        shares = watch(tf.nn.softmax(tf.einsum("hs,bnhs->bhn", self._query(), keys)))
        pooled = self._output(tf.reshape(tf.einsum("bhn,bnhs->bhs", shares, values), [count, width]))
        return pooled + self._outer(self._activation(self._inner(self._norm(pooled))))

    def _query(self) -> tf.Tensor:
        """Return the learnt query's heads [H, S], computed in float32."""
        kernel, bias, probe = (tf.cast(each.value, tf.float32) for each in (self._kernel, self._bias, self._probe))
        width = probe.shape[2]
        size = width // self._heads
        query = tf.linalg.matmul(probe[0], kernel[:, :width]) + bias[:width]
        return tf.cast(tf.reshape(query * size**-0.5, [self._heads, size]), self._dtype)
