"""CLIP as open_clip has it."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
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


def embed_texts(directory: str, texts: list[str]) -> np.ndarray:
    """Embed texts: float32 [N, D], rows of unit length."""
    model, tokenizer = _load(directory)[0], open_clip.get_tokenizer(f"local-dir:{directory}")
    return unit_vectors(texts, lambda batch: model.encode_text(tokenizer(batch)))


def embed_images(directory: str, images: list[bytes]) -> np.ndarray:
    """Embed images' files: float32 [N, D], rows of unit length."""
    model, preprocess = _load(directory)
    opened = [Image.open(io.BytesIO(image)) for image in images]
    return unit_vectors(opened, lambda batch: model.encode_image(torch.stack([preprocess(image) for image in batch])))


def _load(directory: str) -> Any:
    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{Path(directory)}")
    return model.eval(), preprocess


def clean(texts: list[str]) -> list[str]:
    """Clean texts as before tokenization."""
    return [open_clip.tokenizer.get_clean_fn("whitespace")(text) for text in texts]
