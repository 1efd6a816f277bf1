"""A CLIP checkpoint's settings, from the `config.json` that `transformers` writes."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.errors import DataError

Activation = Literal["quick_gelu", "gelu"]


class TowerConfig(BaseModel):
    """What both towers have; names and defaults as in `transformers`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int = 12
    num_attention_heads: int
    hidden_act: Activation = "quick_gelu"
    layer_norm_eps: float = 1e-5


class TextConfig(TowerConfig):
    """The text tower."""

    hidden_size: int = 512
    intermediate_size: int = 2048
    num_attention_heads: int = 8
    vocab_size: int = 49408
    max_position_embeddings: int = 77
    eos_token_id: int = 49407


class VisionConfig(TowerConfig):
    """The picture tower."""

    hidden_size: int = 768
    intermediate_size: int = 3072
    num_attention_heads: int = 12
    image_size: int = 224
    patch_size: int = 32


class ClipConfig(BaseModel):
    """Fields of `config.json` that change what is computed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    text_config: TextConfig = TextConfig()
    vision_config: VisionConfig = VisionConfig()
    projection_dim: int = Field(default=512, ge=1)

    def as_file(self) -> dict[str, Any]:
        """Return what `config.json` holds, for `transformers` to read as well."""
        return {"model_type": "clip", "architectures": ["CLIPModel"], **self.model_dump()}


def clip_config(checkpoint: Checkpoint) -> ClipConfig:
    """Read `config.json`.

    Raises:
        DataError: it is missing, or the model computes in a way we do not know.
    """
    try:
        return ClipConfig.model_validate(checkpoint.json(CONFIG))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise DataError(f"{checkpoint.origin}/{CONFIG}: {key}: {first['msg']}") from None
