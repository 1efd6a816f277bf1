"""SigLIP as transformers has it."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import torch
from PIL import Image
from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipTokenizer

from benchmarks.reference.functions.checkpoints import load, load_tokenizer, random_model
from benchmarks.reference.functions.vectors import unit_vectors


def write_tokenizer(directory: str, texts: list[str], size: int, **options: Any) -> None:
    """Learn a SentencePiece model of `size` pieces from texts, and write it with the tokenizer's settings."""
    target = Path(directory) / "spiece"
    ids = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_prefix=str(target), vocab_size=size, hard_vocab_limit=False, **ids
    )
    SiglipTokenizer(f"{target}.model", **options).save_pretrained(directory)


def write_model(directory: str, config: dict[str, Any], processor: dict[str, Any], **weights: Any) -> None:
    """Write a model with random weights, and its image processor; `weights` are arguments of `random_model`."""
    random_model("SiglipModel", SiglipConfig(**config), **weights).save_pretrained(directory)
    SiglipImageProcessorPil(**processor).save_pretrained(directory)


def tokens(directory: str, texts: list[str]) -> list[list[int]]:
    """Return the padded ids of each text."""
    ids: list[list[int]] = _ids(directory, texts).tolist()
    return ids


def embed_texts(directory: str, texts: list[str]) -> np.ndarray:
    """Embed texts: float32 [N, D], rows of unit length."""
    model = load("SiglipModel", directory)
    return unit_vectors(texts, lambda batch: model.get_text_features(_ids(directory, batch)).pooler_output)


def embed_images(directory: str, images: list[bytes]) -> np.ndarray:
    """Embed images' files: float32 [N, D], rows of unit length."""
    model, processor = load("SiglipModel", directory), SiglipImageProcessorPil.from_pretrained(directory)

    def embed(batch: list[Image.Image]) -> torch.Tensor:
        pixels = processor(batch, return_tensors="pt")["pixel_values"]
        return model.get_image_features(pixel_values=pixels).pooler_output

    return unit_vectors([Image.open(io.BytesIO(image)) for image in images], embed)


def _ids(directory: str, texts: list[str]) -> torch.Tensor:
    tokenizer = load_tokenizer(directory, "SiglipTokenizer")
    ids: torch.Tensor = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
    return ids
