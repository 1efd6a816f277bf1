"""CLIP as transformers has it."""

from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules as sentence_modules
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPProcessor, CLIPTokenizer

from benchmarks.reference.functions.checkpoints import load, load_tokenizer, random_model
from benchmarks.reference.functions.vectors import image_vectors, opened, unit_vectors


def write_tokenizer(directory: str, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> None:
    """Write a tokenizer's files."""
    CLIPTokenizer(vocabulary, [(first, second) for first, second in merges]).save_pretrained(directory)


def write_model(directory: str, config: dict[str, Any], processor: dict[str, Any], **weights: Any) -> None:
    """Write a model with random weights, and its image processor; `weights` are arguments of `random_model`."""
    random_model("CLIPModel", CLIPConfig(**config), **weights).save_pretrained(directory)
    CLIPImageProcessorPil(**processor).save_pretrained(directory)


def write_shards(source: str, directory: str, precision: str, size: str) -> None:
    """Write the model of `source` again, in another precision and in files of at most `size`."""
    load("CLIPModel", source, precision).save_pretrained(directory, max_shard_size=size)


def write_modules(source: str, directory: str, normalize: bool) -> None:
    """Write the model of `source` as a model of sentence-transformers."""
    modules = [sentence_modules.CLIPModel(source), *([sentence_modules.Normalize()] if normalize else [])]
    SentenceTransformer(modules=modules).save(directory)


def embed_by_modules(directory: str, texts: list[str]) -> np.ndarray:
    """Embed texts with sentence-transformers: float32 [N, D], rows of unit length."""
    return unit_vectors(
        texts, lambda batch: torch.from_numpy(SentenceTransformer(directory, device="cpu").encode(batch))
    )


def settings(fields: dict[str, Any]) -> dict[str, Any]:
    """Return all settings of a configuration with these `fields`."""
    filled: dict[str, Any] = CLIPConfig(**fields).to_dict()
    return filled


def tokens(directory: str, texts: list[str], max_tokens: int) -> list[list[int]]:
    """Return the ids of each text."""
    tokenizer = load_tokenizer(directory, "CLIPTokenizer")
    ids: list[list[int]] = tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"]
    return ids


def embed_texts(
    directory: str,
    texts: list[str],
    max_tokens: int | None = None,
    pad_to_longest: bool = True,
    precision: str = "float32",
) -> np.ndarray:
    """Embed texts: float32 [N, D], rows of unit length; by default `max_tokens` is the tokenizer's."""
    model, tokenizer = load("CLIPModel", directory, precision), load_tokenizer(directory, "CLIPTokenizer")
    padding = "longest" if pad_to_longest else "max_length"

    def embed(batch: list[str]) -> torch.Tensor:
        ids = tokenizer(batch, padding=padding, truncation=True, max_length=max_tokens, return_tensors="pt")
        return model.get_text_features(**ids).pooler_output

    return unit_vectors(texts, embed)


def embed_images(directory: str, images: list[bytes | np.ndarray], precision: str = "float32") -> np.ndarray:
    """Embed images, files or uint8 [H, W, 3]: float32 [N, D], rows of unit length."""
    return image_vectors("CLIPModel", "CLIPImageProcessorPil", directory, images, precision)


def write_processor(directory: str, processor: dict[str, Any]) -> None:
    """Write tokenizer and image processor together, as transformers 5 does, in `processor_config.json`."""
    images = CLIPImageProcessorPil(**processor)
    CLIPProcessor(images, load_tokenizer(directory, "CLIPTokenizer")).save_pretrained(directory)


def pixels(image: bytes | np.ndarray, processor: dict[str, Any] | None = None) -> np.ndarray:
    """Return the pixels of an image as the model sees it, float32 [3, S, S], by default that of the released models."""
    return np.asarray(CLIPImageProcessorPil(**processor or {})(opened(image), return_tensors="np")["pixel_values"][0])
