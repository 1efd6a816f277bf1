"""Conversion of a KerasHub preset, given by name or as a local preset directory, to a checkpoint."""

import json
from typing import TYPE_CHECKING

from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.encoders.clip.backbone import export_weights
from vitrine.encoders.clip.config import ClipConfig, TextConfig, TowerConfig, VisionConfig
from vitrine.encoders.clip.tokenizer import END, START
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.encoders.images.processor import FILE, processor_file
from vitrine.errors import ConfigError

if TYPE_CHECKING:
    import keras_hub


def preset_checkpoint(preset: str) -> Checkpoint:
    """Download a CLIP preset and convert it to a checkpoint.

    Raises:
        ConfigError: the preset does not exist, is not a CLIP, or cannot be downloaded.
    """
    import keras_hub

    try:
        backbone = keras_hub.models.CLIPBackbone.from_preset(preset)
        tokenizer = keras_hub.models.CLIPTokenizer.from_preset(preset)
    except Exception as error:  # the hub's clients raise many types: no network, no permission, unknown name
        reason = f"{type(error).__name__}: {str(error).strip()[:120]}"
        raise ConfigError(
            f"encoder.source: the preset '{preset}' could not be loaded ({reason}); without a network, give the "
            "directory of a preset or of a Hugging Face checkpoint"
        ) from error
    config = _config(backbone, tokenizer)
    size = config.vision_config.image_size
    ends = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    files = {
        CONFIG: config.as_file(),
        FILE: processor_file(Preprocessing(shortest_edge=size, crop=size)),
        "vocab.json": dict(tokenizer.vocabulary),
        "tokenizer_config.json": {"tokenizer_class": "CLIPTokenizer", **ends},
    }
    merges = "\n".join(["#version: 0.2", *tokenizer.merges]) + "\n"
    encoded = {name: json.dumps(content, ensure_ascii=False).encode() for name, content in files.items()}
    return Checkpoint(preset, encoded | {"merges.txt": merges.encode()}, export_weights(backbone, config))


def _config(backbone: "keras_hub.models.CLIPBackbone", tokenizer: "keras_hub.models.CLIPTokenizer") -> ClipConfig:
    text, vision = backbone.text_encoder, backbone.vision_encoder
    return ClipConfig(
        projection_dim=backbone.projection_dim,
        text_config=TextConfig(
            **_tower(text).model_dump(),
            vocab_size=text.vocabulary_size,
            max_position_embeddings=text.max_sequence_length,
            eos_token_id=tokenizer.vocabulary[END],
        ),
        vision_config=VisionConfig(
            **_tower(vision).model_dump(), image_size=vision.image_shape[0], patch_size=vision.patch_size
        ),
    )


def _tower(tower: "keras_hub.models.Backbone") -> TowerConfig:
    return TowerConfig(
        hidden_size=tower.hidden_dim,
        intermediate_size=tower.intermediate_dim,
        num_hidden_layers=tower.num_layers,
        num_attention_heads=tower.num_heads,
        hidden_act=tower.intermediate_activation,
    )
