"""Batches, and vectors of unit length."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image

from benchmarks.reference.functions.checkpoints import load

BATCH = 32


def unit_vectors(inputs: Sequence[Any], embed: Callable[[list[Any]], torch.Tensor]) -> np.ndarray:
    """Embed batch by batch; float32 [N, D], rows of unit length."""
    with torch.inference_mode():
        vectors = [embed(list(inputs[start : start + BATCH])).float() for start in range(0, len(inputs), BATCH)]
        return torch.nn.functional.normalize(torch.cat(vectors), dim=-1).numpy()


def image_vectors(
    kind: str, processor: str, directory: str, images: list[bytes | np.ndarray], precision: str = "float32"
) -> np.ndarray:
    """Embed images, files or uint8 [H, W, 3], by transformers' classes `kind` and `processor`: float32 [N, D]."""
    model, read = load(kind, directory, precision), getattr(transformers, processor).from_pretrained(directory)

    def embed(batch: list[Image.Image]) -> torch.Tensor:
        pixels = read(batch, return_tensors="pt")["pixel_values"].to(model.dtype)
        return model.get_image_features(pixel_values=pixels).pooler_output

    return unit_vectors([opened(image) for image in images], embed)


def opened(image: bytes | np.ndarray) -> Image.Image:
    """Return an image of a file's content or of pixels, uint8 [H, W, 3]."""
    return Image.open(io.BytesIO(image)) if isinstance(image, bytes) else Image.fromarray(image)
