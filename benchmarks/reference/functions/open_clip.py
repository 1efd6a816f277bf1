"""CLIP as open_clip has it."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import open_clip
import timm
import torch
from open_clip.push_to_hf_hub import save_for_hf
from PIL import Image

from benchmarks.reference.functions.vectors import unit_vectors


def write_model(
    directory: str, config: dict[str, Any], preprocess: dict[str, Any], seed: int, noise: float, name: str = "tested"
) -> None:
    """Write a model with random weights; `directory` has its tokenizer's files already.

    `noise` times a normal deviate is added to all weights, so that no bias is zero and no norm one.
    """
    torch.manual_seed(seed)
    open_clip.factory._MODEL_CONFIGS[name] = config
    model = open_clip.create_model(name, force_preprocess_cfg=preprocess)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(noise * torch.randn_like(parameter))
    tokenizer = open_clip.tokenizer.HFTokenizer(directory)
    save_for_hf(model, tokenizer, open_clip.get_model_config(name), directory, safe_serialization=True)


def write_siglip(directory: str, config: dict[str, Any], vision: dict[str, Any], **options: Any) -> None:
    """Write a model with an image tower of timm, whose sizes are `vision` instead of its own."""
    with _sizes(vision):
        write_model(directory, config, name="tested siglip", **options)


@contextlib.contextmanager
def _sizes(vision: dict[str, Any] | None) -> Iterator[None]:
    """Let timm make image towers of these sizes."""
    tower = timm.models.vision_transformer.VisionTransformer

    def create(_: str, **fields: Any) -> Any:
        kept = {key: value for key, value in fields.items() if key in ("num_classes", "global_pool")}
        return tower(class_token=False, **vision, **kept)

    with mock.patch.object(timm, "create_model", create) if vision else contextlib.nullcontext():
        yield


def siglip_towers() -> dict[str, tuple[int, str]]:
    """Return heads and activation of each of timm's image towers of SigLIP."""
    towers = {}
    for name in timm.list_models("vit_*_siglip_*", exclude_filters=["*gap*"]):
        with torch.device("meta"):
            tower = timm.create_model(name, num_classes=0)
        approximate = getattr(tower.blocks[0].mlp.act, "approximate", "none")
        same = {type(tower.attn_pool.mlp.act), type(tower.blocks[0].mlp.act)}
        assert len(same) == 1
        towers[name] = (tower.blocks[0].attn.num_heads, "tanh" if "Tanh" in same.pop().__name__ else approximate)
        assert tower.attn_pool.num_heads == tower.blocks[0].attn.num_heads
    return towers


def embed_texts(directory: str, texts: list[str], vision: dict[str, Any] | None = None) -> np.ndarray:
    """Embed texts: float32 [N, D], rows of unit length."""
    model, tokenizer = _load(directory, vision)[0], open_clip.get_tokenizer(f"local-dir:{directory}")
    return unit_vectors(texts, lambda batch: model.encode_text(tokenizer(batch)))


def embed_images(directory: str, images: list[bytes], vision: dict[str, Any] | None = None) -> np.ndarray:
    """Embed images' files: float32 [N, D], rows of unit length."""
    model, preprocess = _load(directory, vision)
    opened = [Image.open(io.BytesIO(image)) for image in images]
    return unit_vectors(opened, lambda batch: model.encode_image(torch.stack([preprocess(image) for image in batch])))


def _load(directory: str, vision: dict[str, Any] | None) -> Any:
    with _sizes(vision):
        model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{Path(directory)}")
    return model.eval(), preprocess


def clean(texts: list[str]) -> list[str]:
    """Clean texts as before tokenization."""
    return [open_clip.tokenizer.get_clean_fn("whitespace")(text) for text in texts]
