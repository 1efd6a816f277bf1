"""`open_clip_config.json`, as open_clip writes it; fields have its names and defaults.

Fields with one possible value are steps that Vitrine does not compute. Any other field is refused.
"""

from typing import Annotated, Final, Literal, NamedTuple, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from vitrine.encoders.checkpoint import Json
from vitrine.encoders.images.preprocessing import MEAN, STD, Preprocessing
from vitrine.errors import DataError

TOWERS: Final = ("vision_cfg", "text_cfg")


class Fields(BaseModel):
    """An object of the file. A field that is null has its default value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _given(cls, fields: object) -> object:
        if not isinstance(fields, dict):
            return fields
        return {name: value for name, value in fields.items() if value is not None}


class NormFields(Fields):
    """Arguments of layer normalisation."""

    eps: PositiveFloat = 1e-5


class Activation(Fields):
    """Arguments of the activation, which is gelu."""

    approximate: Literal["none", "tanh"] = "none"

    @property
    def name(self) -> Literal["gelu", "gelu_pytorch_tanh"]:
        """The activation's name in `transformers`."""
        return "gelu" if self.approximate == "none" else "gelu_pytorch_tanh"


class TowerFields(Fields):
    """Fields of both towers."""

    layers: PositiveInt = 12
    mlp_ratio: PositiveFloat = 4.0
    norm_kwargs: NormFields = NormFields()
    ls_init_value: None = None
    output_tokens: bool = False
    block_type: Literal["default"] = "default"
    qk_norm: Literal[False] = False
    scaled_cosine_attn: Literal[False] = False
    scale_heads: Literal[False] = False
    scale_attn_inner: Literal[False] = False
    scale_attn: Literal[False] = False
    scale_fc: Literal[False] = False


class VisionFields(TowerFields):
    """Fields of open_clip's own vision transformer."""

    width: PositiveInt = 768
    head_width: PositiveInt = 64
    patch_size: PositiveInt = 16
    image_size: PositiveInt = 224
    patch_dropout: float = 0.0
    act_kwargs: Activation = Activation()
    attentional_pool: Literal[False] = False
    attn_pooler_queries: int = 256
    attn_pooler_heads: int = 8
    no_ln_pre: Literal[False] = False
    pos_embed_type: Literal["learnable"] = "learnable"
    final_ln_after_pool: Literal[False] = False
    pool_type: Literal["tok"] = "tok"


class TokenizerFields(Fields):
    """Arguments of the tokenizer."""

    clean: Literal["whitespace", "lower"] = "whitespace"
    strip_sep_token: Literal[False] = False


class TransformerFields(TowerFields):
    """Fields of open_clip's own text transformer that do not depend on the model."""

    context_length: PositiveInt = 77
    vocab_size: PositiveInt = 49408
    tokenizer_mode: None = None
    width: PositiveInt = 512
    heads: PositiveInt = 8
    act_kwargs: Activation = Activation()
    embed_cls: Literal[False] = False
    pad_id: int = 0
    eos_id: int = 2
    final_ln_after_pool: bool = False
    proj_type: Literal["linear"] = "linear"


class TextFields(TransformerFields):
    """Fields of the text transformer as CLIP has it."""

    hf_tokenizer_name: str = ""
    tokenizer_kwargs: TokenizerFields = TokenizerFields()
    no_causal_mask: Literal[False] = False
    pool_type: Literal["argmax", "eos"] = "argmax"
    proj_bias: Literal[False] = False


def _three(value: object) -> object:
    return (value,) * 3 if isinstance(value, int | float) else value


Color = Annotated[tuple[float, float, float], BeforeValidator(_three)]


class PreprocessFields(Fields):
    """Fields of the image preprocessing; open_clip takes the size from the vision tower."""

    size: JsonValue = None
    mode: Literal["RGB"] = "RGB"
    mean: Color = MEAN
    std: Color = STD
    interpolation: Literal["bicubic", "bilinear", "random"] = "bicubic"
    """`random` is bicubic after the training."""
    resize_mode: Literal["shortest", "squash"] = "shortest"
    fill_color: JsonValue = None


class ModelFields(Fields):
    """Fields of the model around its towers."""

    embed_dim: PositiveInt
    quick_gelu: bool = False
    custom_text: bool = False
    init_logit_scale: float = 0.0
    init_logit_bias: float = 0.0
    nonscalar_logit_scale: bool = False
    cast_dtype: JsonValue = None
    output_dict: bool = False


PROBLEMS: Final = {
    "extra_forbidden": "is not known and may change what is computed; remove it if it does not",
    "missing": "is missing",
}
Kind = TypeVar("Kind", bound=Fields)


def validate(kind: type[Kind], fields: object, where: str) -> Kind:
    """Return the fields of an object.

    Raises:
        DataError: a field is missing, unknown or has a value that is not supported.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        problem = PROBLEMS.get(first["type"]) or f"{first['input']!r} is not supported: {first['msg']}"
        raise DataError(f"{where}: {key} {problem}") from None


class ConfigFile(NamedTuple):
    """The objects of the file: those of both towers as they are, the model around them, and the image preprocessing."""

    where: str
    """The file, for errors."""
    vision: Json
    text: Json
    model: ModelFields
    images: PreprocessFields


def config_file(fields: Json, where: str) -> ConfigFile:
    """Return the objects of the file's fields.

    Raises:
        DataError: an object is missing, or one besides the towers has a field that is not supported.
    """
    model = fields.get("model_cfg")
    if not isinstance(model, dict):
        raise DataError(f"{where}: no model_cfg; this is not a file that open_clip has saved")
    for name in TOWERS:
        if not isinstance(model.get(name), dict):
            raise DataError(
                f"{where}: no model_cfg.{name}; save the model with open_clip's push_to_hf_hub or save_for_hf"
            )
    rest = {name: value for name, value in model.items() if name not in TOWERS}
    around = validate(ModelFields, rest, f"{where}: model_cfg")
    images = validate(PreprocessFields, fields.get("preprocess_cfg") or {}, f"{where}: preprocess_cfg")
    return ConfigFile(where, model["vision_cfg"], model["text_cfg"], around, images)


def preprocessing(images: PreprocessFields, size: int) -> Preprocessing:
    """Return open_clip's image preprocessing; torchvision rounds the place of the crop to the even pixel."""
    return Preprocessing(
        shortest_edge=size,
        crop=size,
        image_mean=images.mean,
        image_std=images.std,
        resize="ratio" if images.resize_mode == "shortest" else "square",
        interpolation="bilinear" if images.interpolation == "bilinear" else "bicubic",
        crop_rounding="even" if images.resize_mode == "shortest" else "down",
    )
