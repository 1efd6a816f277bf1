"""The configuration of a SigLIP checkpoint, from the `config.json` that `transformers` writes."""

from typing import Final

from pydantic import BaseModel, ConfigDict, PositiveInt, model_validator

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, Json
from vitrine.encoders.clip.config import Activation, TowerConfig
from vitrine.encoders.field_values import json_object, validated
from vitrine.encoders.images.processor import STEPS, Processor
from vitrine.encoders.known_fields import FIXED, HARMLESS, require_known
from vitrine.errors import DataError

PROCESSOR: Final = Processor(
    ("SiglipImageProcessor",),
    {
        **dict.fromkeys(STEPS, True),
        "do_center_crop": False,
        "resample": 3,
        "rescale_factor": 1 / 255,
        "image_mean": (0.5,) * 3,
        "image_std": (0.5,) * 3,
        "size": {"height": 224, "width": 224},
    },
)
"""SigLIP's image processor in `transformers`."""


class SiglipTower(TowerConfig):
    """Fields of both towers, with names and defaults as in `transformers`."""

    hidden_size: PositiveInt = 768
    intermediate_size: PositiveInt = 3072
    num_attention_heads: PositiveInt = 12
    hidden_act: Activation = "gelu_pytorch_tanh"
    layer_norm_eps: float = 1e-6


class SiglipTextConfig(SiglipTower):
    """Fields of the text tower."""

    vocab_size: PositiveInt = 32000
    max_position_embeddings: PositiveInt = 64
    projection_size: PositiveInt = 768

    @model_validator(mode="before")
    @classmethod
    def _same_width(cls, fields: Json) -> Json:
        """Project to the tower's own width, if no other is given."""
        return {"projection_size": fields.get("hidden_size", 768), **fields}


class SiglipVisionConfig(SiglipTower):
    """Fields of the image tower."""

    image_size: PositiveInt = 224
    patch_size: PositiveInt = 16


class SiglipConfig(BaseModel):
    """Fields of `config.json` that affect the computation."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    text_config: SiglipTextConfig = SiglipTextConfig()
    vision_config: SiglipVisionConfig = SiglipVisionConfig()

    def as_file(self) -> dict[str, object]:
        """Return the content of `config.json`, which `transformers` reads too."""
        return {"model_type": "siglip", "architectures": ["SiglipModel"], **self.model_dump()}


TOWERS: Final = (
    ("text_config", SiglipTextConfig, {"model_type": "siglip_text_model"}, {"eos_token_id"}),
    ("vision_config", SiglipVisionConfig, {"model_type": "siglip_vision_model", "vision_use_head": True}, set[str]()),
)


def siglip_config(checkpoint: Checkpoint) -> SiglipConfig:
    """Read `config.json`.

    Raises:
        DataError: it is missing, or asks for a computation that is not supported.
    """
    where, fields = f"{checkpoint.origin}/{CONFIG}", checkpoint.json(CONFIG)
    require_known(fields, where, SiglipConfig.model_fields, FIXED, HARMLESS)
    given: Json = {}
    for name, tower, fixed, harmless in TOWERS:
        inner = json_object(fields.get(name) or {}, f"{where}: {name}")
        require_known(
            inner, f"{where}: {name}", tower.model_fields, {**FIXED, "num_channels": 3, **fixed}, HARMLESS | harmless
        )
        given[name] = {key: value for key, value in inner.items() if value is not None}
    config = validated(SiglipConfig, given, where)
    text, vision = config.text_config.projection_size, config.vision_config.hidden_size
    if text != vision:
        raise DataError(f"{where}: texts have {text} dimensions (text_config.projection_size) and images {vision}")
    return config
