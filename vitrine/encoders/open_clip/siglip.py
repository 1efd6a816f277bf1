"""SigLIP checkpoints of open_clip (timm's, Marqo's for e-commerce) in Hugging Face's layout."""

import json
import re
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import PositiveInt

from vitrine.encoders.checkpoint import CONFIG, OPEN_CLIP, Checkpoint, Json
from vitrine.encoders.field_values import validated
from vitrine.encoders.images.processor import FILE as PROCESSOR_FILE
from vitrine.encoders.images.processor import processor_file
from vitrine.encoders.open_clip.config import (
    ConfigFile,
    Fields,
    TransformerFields,
    preprocessing,
    validate,
)
from vitrine.encoders.open_clip.weights import UNUSED, Array, Origin, convert, layer_norm, part_of, transformer
from vitrine.encoders.siglip.config import PROCESSOR, SiglipConfig
from vitrine.encoders.siglip.text_input import CLEANING, SETTINGS
from vitrine.errors import DataError

NAME: Final = re.compile(r"vit_(base|large|so400m|giantopt)_patch\d+_siglip_\d+(\..+)?")
"""The names of SigLIP's image towers in timm, with pooling by attention."""
HEADS: Final = {"base": 12, "large": 16, "so400m": 16, "giantopt": 16}
TANH: Final = re.compile(r"vit_(base_patch32_|large_patch16_siglip_512|so400m_patch16_|giantopt_)")
"""The towers whose gelu is approximated by tanh in timm."""
TOKENIZER_FILES: Final = ("tokenizer.json", SETTINGS, "special_tokens_map.json", "spiece.model")


class TimmFields(Fields):
    """Fields of an image tower of timm; its sizes are those of its weights."""

    timm_model_name: str
    image_size: PositiveInt = 224
    timm_model_pretrained: bool = False
    timm_pool: Literal["map"]
    timm_proj: Literal["none"]
    timm_proj_bias: bool = False
    timm_drop: float = 0.0
    timm_drop_path: float = 0.0
    patch_dropout: float = 0.0


class TokenizerFields(Fields):
    """Arguments of the tokenizer."""

    clean: Literal["canonicalize"]
    strip_sep_token: Literal[False] = False


class SiglipTextFields(TransformerFields):
    """Fields of open_clip's own text transformer as SigLIP has it."""

    hf_tokenizer_name: str
    tokenizer_kwargs: TokenizerFields
    no_causal_mask: Literal[True]
    pool_type: Literal["last"]
    proj_bias: Literal[True]


def siglip_checkpoint(source: Checkpoint, weights: str, file: ConfigFile) -> Checkpoint:
    """Return the checkpoint in Hugging Face's layout of one in open_clip's; see `clip_checkpoint`.

    Raises:
        DataError: the model has a part that is not supported, or a file is missing.
    """
    origin, where = source.origin, file.where
    name = str(file.vision.get("timm_model_name"))
    kind = NAME.fullmatch(name)
    if kind is None:
        raise DataError(f"{where}: timm_model_name '{name}' is not supported; SigLIP's with pooling by attention are")
    vision = validate(TimmFields, file.vision, f"{where}: model_cfg.vision_cfg")
    text = validate(SiglipTextFields, file.text, f"{where}: model_cfg.text_cfg")
    sizes = {
        "text_config": _text(text, file.model.embed_dim),
        "vision_config": _vision(vision, HEADS[kind[1]], source.tensors, weights, origin),
    }
    config = validated(SiglipConfig, sizes, where)
    numbers = {name: Origin(name, convert=lambda value: value.reshape(1)) for name in UNUSED if name in source.tensors}
    converted = convert(source.tensors, _origins(config) | numbers, f"{origin}/{weights}")
    made: dict[str, Json | dict[str, object]] = {
        CONFIG: config.as_file(),
        PROCESSOR_FILE: processor_file(preprocessing(file.images, vision.image_size), PROCESSOR),
    }
    written = {name: json.dumps(content, indent=2).encode() for name, content in made.items()}
    return Checkpoint(origin, {**written, **_tokenizer_files(origin, source.files, text)}, converted)


def _tokenizer_files(origin: str, files: Mapping[str, bytes], text: SiglipTextFields) -> dict[str, bytes]:
    for name in ("tokenizer.json", SETTINGS):
        if name not in files:
            raise DataError(f"{origin}/{name}: no such file; add that of {text.hf_tokenizer_name}")
    settings = Checkpoint(origin, files, {}).json(SETTINGS)
    # open_clip cuts texts to its own context_length, and gives the model no mask.
    own = {"model_max_length": text.context_length, "model_input_names": ["input_ids"], CLEANING: True}
    kept = {name: files[name] for name in TOKENIZER_FILES if name in files}
    return kept | {SETTINGS: json.dumps(settings | own, indent=2, ensure_ascii=False).encode()}


def _text(text: SiglipTextFields, dimension: int) -> Json:
    """Return the settings of the text tower by the names of `transformers`, which errors have too."""
    return {
        "hidden_size": text.width,
        "intermediate_size": int(text.width * text.mlp_ratio),
        "num_hidden_layers": text.layers,
        "num_attention_heads": text.heads,
        "hidden_act": text.act_kwargs.name,
        "layer_norm_eps": text.norm_kwargs.eps,
        "vocab_size": text.vocab_size,
        "max_position_embeddings": text.context_length,
        "projection_size": dimension,
    }


def _vision(fields: TimmFields, heads: int, tensors: Mapping[str, Array], weights: str, origin: str) -> Json:
    """Return the settings of a tower of timm by its name, and by the shapes of its weights."""
    patches, inner = "visual.trunk.patch_embed.proj.weight", "visual.trunk.blocks.0.mlp.fc1.weight"
    missing = [name for name in (patches, inner) if name not in tensors]
    if missing:
        raise DataError(f"{origin}/{weights}: no tensor '{missing[0]}'; is {OPEN_CLIP} that of these weights?")
    if tensors[patches].ndim != 4:
        raise DataError(f"{origin}/{weights}: tensor '{patches}' has shape {tensors[patches].shape}, not 4 axes")
    width, _, patch, _ = tensors[patches].shape
    blocks = {name.split(".")[3] for name in tensors if name.startswith("visual.trunk.blocks.")}
    return {
        "hidden_size": width,
        "intermediate_size": tensors[inner].shape[0],
        "num_hidden_layers": len(blocks),
        "num_attention_heads": heads,
        "hidden_act": "gelu_pytorch_tanh" if TANH.match(fields.timm_model_name) else "gelu",
        "image_size": fields.image_size,
        "patch_size": patch,
    }


def _origins(config: SiglipConfig) -> dict[str, Origin]:
    """Return the origins of SigLIP's tensors."""
    tables, patches, trunk = "text_model.embeddings", "vision_model.embeddings", "visual.trunk"
    head, pool, width = "vision_model.head", f"{trunk}.attn_pool", config.vision_config.hidden_size
    joined = (f"{pool}.q", f"{pool}.kv")
    return {
        f"{tables}.token_embedding.weight": Origin("text.token_embedding.weight"),
        f"{tables}.position_embedding.weight": Origin("text.positional_embedding"),
        **transformer("text_model", "text.transformer", config.text_config.num_hidden_layers),
        **layer_norm("text_model.final_layer_norm", "text.ln_final"),
        **layer_norm("text_model.head", "text.text_projection"),
        **layer_norm(f"{patches}.patch_embedding", f"{trunk}.patch_embed.proj"),
        f"{patches}.position_embedding.weight": Origin(
            f"{trunk}.pos_embed", convert=lambda value: value.reshape(-1, width)
        ),
        **_blocks(f"{trunk}.blocks", config.vision_config.num_hidden_layers),
        **layer_norm("vision_model.post_layernorm", f"{trunk}.norm"),
        f"{head}.probe": Origin(f"{pool}.latent"),
        **{
            f"{head}.attention.in_proj_{kind}": Origin(*(f"{name}.{kind}" for name in joined))
            for kind in ("weight", "bias")
        },
        **layer_norm(f"{head}.attention.out_proj", f"{pool}.proj"),
        **layer_norm(f"{head}.layernorm", f"{pool}.norm"),
        **layer_norm(f"{head}.mlp.fc1", f"{pool}.mlp.fc1"),
        **layer_norm(f"{head}.mlp.fc2", f"{pool}.mlp.fc2"),
    }


def _blocks(theirs: str, layers: int) -> dict[str, Origin]:
    """Return the origins of the layers of timm's vision transformer."""
    origins: dict[str, Origin] = {}
    for index in range(layers):
        layer, block = f"vision_model.encoder.layers.{index}", f"{theirs}.{index}"
        for part, name in (("layer_norm1", "norm1"), ("layer_norm2", "norm2"), ("self_attn.out_proj", "attn.proj")):
            origins |= layer_norm(f"{layer}.{part}", f"{block}.{name}")
        for part in ("fc1", "fc2"):
            origins |= layer_norm(f"{layer}.mlp.{part}", f"{block}.mlp.{part}")
        for place, part in enumerate(("q", "k", "v")):
            for kind in ("weight", "bias"):
                origins[f"{layer}.self_attn.{part}_proj.{kind}"] = part_of(f"{block}.attn.qkv.{kind}", place)
    return origins
