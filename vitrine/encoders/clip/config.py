"""The configuration of a CLIP checkpoint, from the `config.json` that `transformers` writes."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, PositiveInt

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, Json
from vitrine.encoders.field_values import validated
from vitrine.encoders.known_fields import FIXED, HARMLESS, require_known
from vitrine.encoders.transformer_config import TransformerConfig

Activation = Literal["quick_gelu", "gelu", "gelu_pytorch_tanh"]
TOWERS: Final = ("text_config", "vision_config")
UNUSED: Final = frozenset({"projection_dim", "eos_token_id"})
"""Fields that a tower has too, and that the model reads in one place only."""


class TowerConfig(TransformerConfig):
    """Fields of both towers, with names and defaults as in `transformers`."""

    num_hidden_layers: PositiveInt = 12
    hidden_act: Activation = "quick_gelu"
    layer_norm_eps: float = 1e-5


class TextConfig(TowerConfig):
    """Fields of the text tower."""

    hidden_size: PositiveInt = 512
    intermediate_size: PositiveInt = 2048
    num_attention_heads: PositiveInt = 8
    vocab_size: PositiveInt = 49408
    max_position_embeddings: PositiveInt = 77
    eos_token_id: int = 49407


class VisionConfig(TowerConfig):
    """Fields of the image tower."""

    hidden_size: PositiveInt = 768
    intermediate_size: PositiveInt = 3072
    num_attention_heads: PositiveInt = 12
    image_size: PositiveInt = 224
    patch_size: PositiveInt = 32


class ClipConfig(BaseModel):
    """Fields of `config.json` that affect the computation."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    text_config: TextConfig = TextConfig()
    vision_config: VisionConfig = VisionConfig()
    projection_dim: PositiveInt = 512

    def as_file(self) -> dict[str, object]:
        """Return the content of `config.json`, which `transformers` reads too."""
        return {"model_type": "clip", "architectures": ["CLIPModel"], **self.model_dump()}


def clip_config(checkpoint: Checkpoint) -> ClipConfig:
    """Read `config.json`.

    Raises:
        DataError: it is missing, or asks for a computation that is not supported.
    """
    where = f"{checkpoint.origin}/{CONFIG}"
    fields = _current_names(checkpoint.json(CONFIG))
    require_known(fields, where, ClipConfig.model_fields, FIXED, HARMLESS | {"logit_scale_init_value"})
    for name, tower, kind in (("text", TextConfig, "clip_text_model"), ("vision", VisionConfig, "clip_vision_model")):
        inner = fields.get(f"{name}_config", {})
        if isinstance(inner, dict):
            fixed = {**FIXED, "model_type": kind, **({"num_channels": 3} if name == "vision" else {})}
            require_known(inner, f"{where}: {name}_config", tower.model_fields, fixed, HARMLESS | UNUSED)
    return validated(ClipConfig, fields, where)


def _current_names(fields: Json) -> Json:
    """Read `text_config_dict` of older files as `text_config`; absent and null fields mean defaults."""
    given = {name: fields.get(f"{name}_dict") or fields.get(name) for name in TOWERS}
    rest = {name: value for name, value in fields.items() if name.removesuffix("_dict") not in TOWERS}
    return rest | {name: value for name, value in given.items() if value is not None}
