"""Initial weights, drawn as in CLIP (Radford et al. 2021, section 2.4 and the released model code)."""

import re
from typing import Final

import keras_hub
import numpy as np
import numpy.typing as npt

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.backbone import weights
from vitrine.encoders.clip.config import ClipConfig

TEMPERATURE: Final = 0.07


def draw_initial_weights(backbone: keras_hub.models.CLIPBackbone, config: ClipConfig, seed: int) -> Checkpoint:
    """Draw every tensor of the backbone's checkpoint; the same seed gives the same values."""
    rng = np.random.default_rng(seed)
    tensors = {weight.name: _draw(weight.name, weight.shape, config, rng) for weight in weights(backbone, config)}
    return Checkpoint("initial weights", {}, tensors)


def _draw(name: str, shape: tuple[int, ...], config: ClipConfig, rng: np.random.Generator) -> npt.NDArray[np.float32]:
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
