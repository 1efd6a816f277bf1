"""CLIP checkpoints of open_clip (LAION's, DataComp's, fashion models) in Hugging Face's layout."""

import json
from collections.abc import Mapping

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, Json
from vitrine.encoders.clip.config import ClipConfig
from vitrine.encoders.clip.tokenizer import END, clip_vocabulary
from vitrine.encoders.clip.tokenizer_files import CLEANING, TOKENIZER_CONFIG
from vitrine.encoders.field_values import validated
from vitrine.encoders.images.processor import FILE as PROCESSOR_FILE
from vitrine.encoders.images.processor import processor_file
from vitrine.encoders.open_clip.config import (
    ConfigFile,
    ModelFields,
    TextFields,
    VisionFields,
    preprocessing,
    validate,
)
from vitrine.encoders.open_clip.weights import Origin, convert, layer_norm, matrix, transformer
from vitrine.errors import DataError

TOKENIZER_FILES = ("tokenizer.json", TOKENIZER_CONFIG, "special_tokens_map.json", "vocab.json", "merges.txt")
OPENAI = "openai/clip-vit-large-patch14"
"""The model whose tokenizer open_clip has built in."""
OWN_VOCABULARY = 49408
"""Tokens of the vocabulary that is a part of open_clip, OpenAI's."""


def clip_checkpoint(source: Checkpoint, weights: str, file: ConfigFile) -> Checkpoint:
    """Return the checkpoint in Hugging Face's layout of one in open_clip's.

    Args:
        source: files and tensors by open_clip's names.
        weights: the name of the file of weights, for errors.
        file: the checkpoint's `open_clip_config.json`.

    Raises:
        DataError: the model has a part that is not supported, or a file is missing.
    """
    origin, where, model = source.origin, file.where, file.model
    vision = validate(VisionFields, file.vision, f"{where}: model_cfg.vision_cfg")
    text = validate(TextFields, file.text, f"{where}: model_cfg.text_cfg")
    kept = _tokenizer_files(origin, source.files, text)
    config = _config(model, vision, text, _end(Checkpoint(origin, kept, {}), text, where), where)
    made: dict[str, Json | dict[str, object]] = {
        CONFIG: config.as_file(),
        PROCESSOR_FILE: processor_file(preprocessing(file.images, vision.image_size)),
    }
    written = {name: json.dumps(content, indent=2).encode() for name, content in made.items()}
    origins = _origins(vision, text, "text." if model.custom_text else "")
    converted = convert(source.tensors, origins, f"{origin}/{weights}")
    return Checkpoint(origin, {**written, **kept}, converted)


def _tokenizer_files(origin: str, files: Mapping[str, bytes], text: TextFields) -> dict[str, bytes]:
    if not ({"tokenizer.json"} <= files.keys() or {"vocab.json", "merges.txt"} <= files.keys()):
        source = text.hf_tokenizer_name or OPENAI
        raise DataError(
            f"{origin}/tokenizer.json: no such file; add that of {source}, with which open_clip reads texts"
        )
    kept = {name: files[name] for name in TOKENIZER_FILES if name in files}
    # open_clip cuts texts to its own context_length.
    settings = Checkpoint(origin, kept, {}).json(TOKENIZER_CONFIG) if TOKENIZER_CONFIG in kept else {}
    settings = {"tokenizer_class": "CLIPTokenizer", **settings, "model_max_length": text.context_length, CLEANING: True}
    return kept | {TOKENIZER_CONFIG: json.dumps(settings, indent=2, ensure_ascii=False).encode()}


def _end(checkpoint: Checkpoint, text: TextFields, where: str) -> int:
    """Return the id of the end token; `argmax` takes the state of the text's highest id."""
    vocabulary = clip_vocabulary(checkpoint)
    end, highest = vocabulary.ids[END], max([*vocabulary.ids.values(), *(token.id for token in vocabulary.added)])
    if not text.hf_tokenizer_name and (len(vocabulary.ids), end) != (OWN_VOCABULARY, OWN_VOCABULARY - 1):
        raise DataError(
            f"{checkpoint.origin}: the tokenizer has {len(vocabulary.ids):,} tokens; without hf_tokenizer_name in "
            f"text_cfg, open_clip has OpenAI's {OWN_VOCABULARY:,}; add the tokenizer.json of {OPENAI}"
        )
    if text.pool_type == "argmax" and highest != end:
        raise DataError(f"{where}: pool_type 'argmax' needs {END} ({end}) to be the highest id, which is {highest}")
    if text.pool_type == "eos" and text.eos_id != end:
        raise DataError(f"{where}: eos_id {text.eos_id} is not the tokenizer's {END} ({end})")
    return end


def _config(model: ModelFields, vision: VisionFields, text: TextFields, end: int, where: str) -> ClipConfig:
    """Return the settings by the names of `transformers`, which errors have too."""
    text_config: Json = {
        "hidden_size": text.width,
        "intermediate_size": int(text.width * text.mlp_ratio),
        "num_hidden_layers": text.layers,
        "num_attention_heads": text.heads,
        "hidden_act": "quick_gelu" if model.quick_gelu else text.act_kwargs.name,
        "layer_norm_eps": text.norm_kwargs.eps,
        "vocab_size": text.vocab_size,
        "max_position_embeddings": text.context_length,
        "eos_token_id": end,
    }
    vision_config: Json = {
        "hidden_size": vision.width,
        "intermediate_size": int(vision.width * vision.mlp_ratio),
        "num_hidden_layers": vision.layers,
        "num_attention_heads": vision.width // vision.head_width,
        "hidden_act": "quick_gelu" if model.quick_gelu else vision.act_kwargs.name,
        "layer_norm_eps": vision.norm_kwargs.eps,
        "image_size": vision.image_size,
        "patch_size": vision.patch_size,
    }
    sizes = {"text_config": text_config, "vision_config": vision_config, "projection_dim": model.embed_dim}
    return validated(ClipConfig, sizes, where)


def _origins(vision: VisionFields, text: TextFields, prefix: str) -> dict[str, Origin]:
    """Return the origins of CLIP's tensors; `prefix` is that of the text tower's names."""
    tables, patches = "text_model.embeddings", "vision_model.embeddings"
    return {
        f"{tables}.token_embedding.weight": Origin(f"{prefix}token_embedding.weight"),
        f"{tables}.position_embedding.weight": Origin(f"{prefix}positional_embedding"),
        **transformer("text_model", f"{prefix}transformer", text.layers),
        **layer_norm("text_model.final_layer_norm", f"{prefix}ln_final"),
        "text_projection.weight": matrix(f"{prefix}text_projection"),
        f"{patches}.class_embedding": Origin("visual.class_embedding"),
        f"{patches}.patch_embedding.weight": Origin("visual.conv1.weight"),
        f"{patches}.position_embedding.weight": Origin("visual.positional_embedding"),
        **layer_norm("vision_model.pre_layrnorm", "visual.ln_pre"),
        **transformer("vision_model", "visual.transformer", vision.layers),
        **layer_norm("vision_model.post_layernorm", "visual.ln_post"),
        "visual_projection.weight": matrix("visual.proj"),
        "logit_scale": Origin("logit_scale"),
    }
