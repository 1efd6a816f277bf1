"""KerasHub's CLIP with the weights of a checkpoint."""

import keras_hub
import numpy as np

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.backbone import Weight, weights
from vitrine.encoders.clip.config import ClipConfig, TowerConfig


def build_backbone(config: ClipConfig) -> keras_hub.models.CLIPBackbone:
    """Build KerasHub's CLIP with random weights."""
    text, vision = config.text_config, config.vision_config
    backbone = keras_hub.models.CLIPBackbone(
        vision_encoder=keras_hub.models.CLIPVisionEncoder(
            patch_size=vision.patch_size,
            image_shape=(vision.image_size, vision.image_size, 3),
            name="vision",
            **_tower(vision),
        ),
        text_encoder=keras_hub.models.CLIPTextEncoder(
            vocabulary_size=text.vocab_size,
            embedding_dim=text.hidden_size,
            max_sequence_length=text.max_position_embeddings,
            name="text",
            **_tower(text),
        ),
        projection_dim=config.projection_dim,
    )
    # KerasHub initialises these weights to zeros, so that every patch would have the first position.
    embedding = backbone.vision_encoder.embedding
    embedding.position_ids.assign(np.arange(embedding.num_positions)[np.newaxis])
    return backbone


def _tower(config: TowerConfig) -> dict[str, int | str]:
    return {
        "hidden_dim": config.hidden_size,
        "num_layers": config.num_hidden_layers,
        "num_heads": config.num_attention_heads,
        "intermediate_dim": config.intermediate_size,
        "intermediate_activation": config.hidden_act,
    }


def load_weights(backbone: keras_hub.models.CLIPBackbone, config: ClipConfig, checkpoint: Checkpoint) -> None:
    """Assign a checkpoint's weights to the backbone."""
    for weight in weights(backbone, config):
        weight.variable.assign(_to_keras(weight, checkpoint.tensor(weight.name, weight.shape)))


def _to_keras(weight: Weight, value: np.ndarray) -> np.ndarray:
    """Transpose kernels, split attention kernels into heads, put channels last."""
    if weight.layout == "patch":
        return value.transpose(2, 3, 1, 0)
    transposed = value.T if weight.layout == "linear" else value
    return transposed.reshape(weight.variable.shape)
