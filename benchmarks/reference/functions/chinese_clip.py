"""Chinese-CLIP as transformers has it."""

from typing import Any

import numpy as np
import torch
from transformers import BertTokenizer, ChineseCLIPConfig, ChineseCLIPImageProcessorPil

from benchmarks.reference.functions.checkpoints import load, load_tokenizer, random_model
from benchmarks.reference.functions.vectors import image_vectors, unit_vectors


def write(directory: str, words: list[str], config: dict[str, Any], processor: dict[str, Any], **weights: Any) -> None:
    """Write a model with random weights, its image processor, and a tokenizer of `words`."""
    random_model("ChineseCLIPModel", ChineseCLIPConfig(**config), **weights).save_pretrained(directory)
    ChineseCLIPImageProcessorPil(**processor).save_pretrained(directory)
    BertTokenizer({word: index for index, word in enumerate(words)}, model_max_length=20).save_pretrained(directory)


def embed_texts(directory: str, texts: list[str]) -> np.ndarray:
    """Embed texts: float32 [N, D], rows of unit length."""
    model, tokenizer = load("ChineseCLIPModel", directory), load_tokenizer(directory)

    def embed(batch: list[str]) -> torch.Tensor:
        return model.get_text_features(
            **tokenizer(batch, padding=True, truncation=True, return_tensors="pt")
        ).pooler_output

    return unit_vectors(texts, embed)


def embed_images(directory: str, images: list[bytes | np.ndarray]) -> np.ndarray:
    """Embed images' files: float32 [N, D], rows of unit length."""
    return image_vectors("ChineseCLIPModel", "ChineseCLIPImageProcessorPil", directory, images)
