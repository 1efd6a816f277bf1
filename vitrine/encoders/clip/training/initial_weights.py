"""Initial weights, drawn as in CLIP (Radford et al. 2021, section 2.4 and the released model code)."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig, TowerConfig

TEMPERATURE: Final = 0.07

Shape = tuple[int, ...]


def draw_initial_weights(config: ClipConfig, seed: int) -> Checkpoint:
    """Draw every tensor of a checkpoint; the same seed gives the same values."""
    rng = np.random.default_rng(seed)
    tensors = {name: _draw(name, shape, config, rng) for name, shape in _shapes(config)}
    return Checkpoint("initial weights", {}, tensors)


def _shapes(config: ClipConfig) -> Iterator[tuple[str, Shape]]:
    """Yield the names and shapes of a checkpoint's tensors, in the order in which they are drawn."""
    text, vision, joint = config.text_config, config.vision_config, config.projection_dim
    patches = (vision.image_size // vision.patch_size) ** 2
    yield "text_model.embeddings.token_embedding.weight", (text.vocab_size, text.hidden_size)
    yield "text_model.embeddings.position_embedding.weight", (text.max_position_embeddings, text.hidden_size)
    yield from _layers("text_model", text)
    yield from _layer("text_model.final_layer_norm", (text.hidden_size,))
    yield "vision_model.embeddings.class_embedding", (vision.hidden_size,)
    square = (vision.hidden_size, 3, vision.patch_size, vision.patch_size)
    yield "vision_model.embeddings.patch_embedding.weight", square
    yield "vision_model.embeddings.position_embedding.weight", (patches + 1, vision.hidden_size)
    yield from _layer("vision_model.pre_layrnorm", (vision.hidden_size,))  # spelt so in the checkpoints
    yield from _layers("vision_model", vision)
    yield from _layer("vision_model.post_layernorm", (vision.hidden_size,))
    yield "text_projection.weight", (joint, text.hidden_size)
    yield "visual_projection.weight", (joint, vision.hidden_size)
    yield "logit_scale", ()


def _layers(tower: str, config: TowerConfig) -> Iterator[tuple[str, Shape]]:
    width, inner = config.hidden_size, config.intermediate_size
    for index in range(config.num_hidden_layers):
        name = f"{tower}.encoder.layers.{index}"
        yield from _layer(f"{name}.layer_norm1", (width,))
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _layer(f"{name}.self_attn.{part}", (width, width))
        yield from _layer(f"{name}.layer_norm2", (width,))
        yield from _layer(f"{name}.mlp.fc1", (inner, width))
        yield from _layer(f"{name}.mlp.fc2", (width, inner))


def _layer(name: str, shape: Shape) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", shape
    yield f"{name}.bias", shape[:1]


def _draw(name: str, shape: Shape, config: ClipConfig, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    if name == "logit_scale":
        return np.full(shape, np.log(1 / TEMPERATURE), np.float32)
    if re.search(r"norm\d?\.weight$", name):
        return np.ones(shape, np.float32)
    if name.endswith(".bias"):
        return np.zeros(shape, np.float32)
    tower = config.vision_config if name.startswith("vis") else config.text_config
    depth = (2 * tower.num_hidden_layers) ** -0.5
    width = tower.hidden_size**-0.5
    deviation = {
        "token_embedding.weight": 0.02,
        "position_embedding.weight": 0.01 if tower is config.text_config else width,
        "patch_embedding.weight": float(np.prod(shape[1:])) ** -0.5,
        "out_proj.weight": width * depth,
        "fc1.weight": (2 * tower.hidden_size) ** -0.5,
        "fc2.weight": width * depth,
    }.get(".".join(name.split(".")[-2:]), width)
    return rng.normal(0.0, deviation, shape).astype(np.float32)
