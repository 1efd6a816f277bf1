"""Conversion of the weights of KerasHub's CLIP to the names and layouts of Hugging Face's checkpoints."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import keras
import keras_hub
import numpy as np
import numpy.typing as npt

from vitrine.encoders.clip.config import ClipConfig, TowerConfig, VisionConfig


class Weight(NamedTuple):
    """One tensor: its name and shape in a checkpoint, its variable, and the difference of the layouts."""

    name: str
    shape: tuple[int, ...]
    variable: keras.Variable
    layout: Literal["same", "linear", "patch"]

    def from_keras(self) -> npt.NDArray[np.float32]:
        """Return the variable's value in PyTorch's layout, float32."""
        value: npt.NDArray[np.float32] = keras.ops.convert_to_numpy(keras.ops.cast(self.variable, "float32"))
        if self.layout == "patch":
            return value.transpose(3, 2, 0, 1)
        return value.reshape(self.shape[::-1]).T if self.layout == "linear" else value.reshape(self.shape)


def export_weights(backbone: keras_hub.models.CLIPBackbone, config: ClipConfig) -> dict[str, npt.NDArray[np.float32]]:
    """Return the backbone's weights as float32 arrays, by Hugging Face's names and in its layouts."""
    return {weight.name: np.asarray(weight.from_keras(), order="C") for weight in weights(backbone, config)}


def weights(backbone: keras_hub.models.CLIPBackbone, config: ClipConfig) -> Iterator[Weight]:
    """Yield every tensor of a checkpoint with its variable."""
    text, vision, joint = config.text_config, config.vision_config, config.projection_dim
    embedding = backbone.text_encoder.embedding
    yield Weight(
        "text_model.embeddings.token_embedding.weight",
        (text.vocab_size, text.hidden_size),
        embedding.token_embedding.embeddings,
        "same",
    )
    yield Weight(
        "text_model.embeddings.position_embedding.weight",
        (text.max_position_embeddings, text.hidden_size),
        embedding.position_embedding.position_embeddings,
        "same",
    )
    yield from _layers("text_model", backbone.text_encoder, text)
    yield from _norm("text_model.final_layer_norm", backbone.text_encoder.layer_norm, text.hidden_size)
    yield from _vision(backbone.vision_encoder, vision)
    yield Weight("text_projection.weight", (joint, text.hidden_size), backbone.text_projection.kernel, "linear")
    yield Weight("visual_projection.weight", (joint, vision.hidden_size), backbone.vision_projection.kernel, "linear")
    yield Weight("logit_scale", (), backbone.clip_head.logit_scale, "same")


def _vision(tower: keras_hub.models.CLIPVisionEncoder, config: VisionConfig) -> Iterator[Weight]:
    width, patch = config.hidden_size, config.patch_size
    embedding, name = tower.embedding, "vision_model.embeddings"
    yield Weight(f"{name}.class_embedding", (width,), embedding.class_embedding, "same")
    yield Weight(f"{name}.patch_embedding.weight", (width, 3, patch, patch), embedding.patch_embedding.kernel, "patch")
    positions = embedding.num_positions
    yield Weight(
        f"{name}.position_embedding.weight", (positions, width), embedding.position_embedding.embeddings, "same"
    )
    yield from _norm("vision_model.pre_layrnorm", tower.pre_layer_norm, width)  # spelt so in the checkpoints
    yield from _layers("vision_model", tower, config)
    yield from _norm("vision_model.post_layernorm", tower.layer_norm, width)


def _layers(prefix: str, tower: keras_hub.models.Backbone, config: TowerConfig) -> Iterator[Weight]:
    width, inner = config.hidden_size, config.intermediate_size
    for index, layer in enumerate(tower.encoder_layers):
        name, attention = f"{prefix}.encoder.layers.{index}", layer.attention
        yield from _norm(f"{name}.layer_norm1", layer.layer_norm_1, width)
        for part, dense in (
            ("q_proj", attention._query_dense),
            ("k_proj", attention._key_dense),
            ("v_proj", attention._value_dense),
            ("out_proj", attention._output_dense),
        ):
            yield from _linear(f"{name}.self_attn.{part}", dense, width, width)
        yield from _norm(f"{name}.layer_norm2", layer.layer_norm_2, width)
        yield from _linear(f"{name}.mlp.fc1", layer.dense_1, width, inner)
        yield from _linear(f"{name}.mlp.fc2", layer.dense_2, inner, width)


def _linear(name: str, dense: keras.Layer, inputs: int, outputs: int) -> Iterator[Weight]:
    yield Weight(f"{name}.weight", (outputs, inputs), dense.kernel, "linear")
    yield Weight(f"{name}.bias", (outputs,), dense.bias, "same")


def _norm(name: str, norm: keras.layers.LayerNormalization, width: int) -> Iterator[Weight]:
    yield Weight(f"{name}.weight", (width,), norm.gamma, "same")
    yield Weight(f"{name}.bias", (width,), norm.beta, "same")
