"""SigLIP's two towers in TensorFlow ops, with the tensor names of `transformers`.

The layers are CLIP's. Texts are padded to a fixed length, and mostly attend to the padding too; the state of the last
place is the text's. An image is what a learnt query attends to in its patches.
"""

import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.towers import Layer, attention_rows
from vitrine.encoders.settings import Precision
from vitrine.encoders.siglip.config import SiglipConfig
from vitrine.encoders.siglip.padding import Padding
from vitrine.encoders.transformer_layers import ACTIVATIONS, Dense, LayerNorm, Weights, unit


def _encode(layers: list[Layer], x: tf.Tensor, heads: int, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Return the states float32 [B, T, W] after the layers, of `x` [B, T, W].

    Every place attends to all, or to those with a `mask`, bool [B, T].
    """
    count, tokens, width = tf.shape(x)[0], tf.shape(x)[1], x.shape[2]
    row, column = tf.meshgrid(tf.range(count), tf.range(tokens), indexing="ij")
    rows = attention_rows(tf.reshape(row, [-1]), tf.reshape(column, [-1]), count, heads, causal=False)
    if mask is not None:
        rows = rows._replace(bias=tf.where(mask, 0.0, -1e9)[:, tf.newaxis, tf.newaxis])
    flat = tf.reshape(tf.cast(x, tf.float32), [-1, width])
    for layer in layers:
        flat = layer(flat, rows)
    return tf.reshape(flat, [count, tokens, width])


class TextTower(tf.Module):
    """The text tower, from token ids to vectors."""

    def __init__(self, config: SiglipConfig, checkpoint: Checkpoint, precision: Precision, padding: Padding):
        super().__init__()
        self._padding = padding
        text, prefix = config.text_config, "text_model"
        weights, width = Weights(checkpoint, tf.as_dtype(precision)), text.hidden_size
        self._heads = text.num_attention_heads
        self._words, self._positions = (
            weights.variable(weights.tensor(f"{prefix}.embeddings.{name}_embedding.weight", (count, width)))
            for name, count in (("token", text.vocab_size), ("position", text.max_position_embeddings))
        )
        self._layers = [
            Layer(weights, f"{prefix}.encoder.layers.{index}", text) for index in range(text.num_hidden_layers)
        ]
        self._norm = LayerNorm(weights, f"{prefix}.final_layer_norm", width, text.layer_norm_eps)
        self._head = Dense(weights, [f"{prefix}.head"], width, text.projection_size)

    def __call__(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, of int32 ids [B, (T)], special tokens included."""
        padded, mask = self._padding(ids)
        x = tf.gather(self._words, padded) + self._positions[: self._padding.length]
        states = _encode(self._layers, x, self._heads, mask if self._padding.masked else None)
        pooled = self._norm(states[:, -1])
        return unit(self._head(tf.cast(pooled, self._head.kernel.dtype)))


class VisionTower(tf.Module):
    """The image tower, from pixels to vectors."""

    def __init__(self, config: SiglipConfig, checkpoint: Checkpoint, precision: Precision):
        super().__init__()
        vision, prefix = config.vision_config, "vision_model"
        weights, tables = Weights(checkpoint, tf.as_dtype(precision)), "vision_model.embeddings"
        width, self._patch = vision.hidden_size, vision.patch_size
        self._heads = vision.num_attention_heads
        patches = (vision.image_size // self._patch) ** 2
        kernel = weights.tensor(f"{tables}.patch_embedding.weight", (width, 3, self._patch, self._patch))
        self._kernel = weights.variable(kernel.transpose(2, 3, 1, 0))
        self._bias = weights.variable(weights.tensor(f"{tables}.patch_embedding.bias", (width,)))
        self._positions = weights.variable(weights.tensor(f"{tables}.position_embedding.weight", (patches, width)))
        self._layers = [
            Layer(weights, f"{prefix}.encoder.layers.{index}", vision) for index in range(vision.num_hidden_layers)
        ]
        self._norm = LayerNorm(weights, f"{prefix}.post_layernorm", width, vision.layer_norm_eps)
        self._head = PoolingHead(weights, f"{prefix}.head", config)

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, of normalised images float32 [B, S, S, 3]."""
        images = tf.cast(images, self._kernel.dtype)
        patches = tf.nn.conv2d(images, self._kernel, strides=self._patch, padding="VALID") + self._bias
        tokens, width = self._positions.shape
        x = tf.reshape(patches, [tf.shape(images)[0], tokens, width]) + self._positions
        return unit(self._head(self._norm(_encode(self._layers, x, self._heads))))


class PoolingHead(tf.Module):
    """The image's vector: multi-head attention of one learnt query to all patches, and an MLP."""

    def __init__(self, weights: Weights, name: str, config: SiglipConfig):
        super().__init__()
        vision = config.vision_config
        width, self._heads = vision.hidden_size, vision.num_attention_heads
        joined = weights.tensor(f"{name}.attention.in_proj_weight", (3 * width, width))
        bias = weights.tensor(f"{name}.attention.in_proj_bias", (3 * width,))
        probe = weights.tensor(f"{name}.probe", (1, 1, width))[0]
        size = width // self._heads
        query = (probe @ joined[:width].T + bias[:width]) * size**-0.5
        self._query = weights.variable(query.reshape(self._heads, size))
        self._kernel = weights.variable(joined[width:].T)
        self._bias = weights.variable(bias[width:])
        self._output = Dense(weights, [f"{name}.attention.out_proj"], width, width)
        self._norm = LayerNorm(weights, f"{name}.layernorm", width, vision.layer_norm_eps)
        self._inner = Dense(weights, [f"{name}.mlp.fc1"], width, vision.intermediate_size)
        self._outer = Dense(weights, [f"{name}.mlp.fc2"], vision.intermediate_size, width)
        self._activation = ACTIVATIONS[vision.hidden_act]

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Return [B, W] of the patches' states `x` [B, N, W]."""
        x = tf.cast(x, self._kernel.dtype)
        count, tokens, width = tf.shape(x)[0], tf.shape(x)[1], x.shape[2]
        both = tf.linalg.matmul(tf.reshape(x, [-1, width]), self._kernel) + self._bias
        keys, values = tf.unstack(tf.reshape(both, [count, tokens, 2, self._heads, width // self._heads]), axis=2)
        shares = tf.nn.softmax(tf.einsum("hs,bnhs->bhn", self._query, keys))
        pooled = self._output(tf.reshape(tf.einsum("bhn,bnhs->bhs", shares, values), [count, width]))
        return pooled + self._outer(self._activation(self._inner(self._norm(pooled))))
