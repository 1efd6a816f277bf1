"""BERT, and sentence encoders of its kind, as transformers has them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertConfig, BertTokenizer

from benchmarks.reference.functions.checkpoints import load, load_tokenizer, random_model
from benchmarks.reference.functions.vectors import unit_vectors


def write(directory: str, words: list[str], config: dict[str, Any], model: str = "BertModel", **weights: Any) -> None:
    """Write a model of this class with random weights; `weights` are arguments of `random_model`."""
    random_model(model, BertConfig(vocab_size=len(words), **config), **weights).save_pretrained(directory)
    Path(directory, "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    Path(directory, "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))


def tokens(directory: str, texts: list[str], max_tokens: int) -> list[list[int]]:
    """Return the ids of each text."""
    ids: list[list[int]] = load_tokenizer(directory)(texts, truncation=True, max_length=max_tokens)["input_ids"]
    return ids


def tokens_by_vocabulary(
    vocabulary: dict[str, int], settings: dict[str, Any], texts: list[str], max_tokens: int
) -> list[list[int]]:
    """Return the ids that a tokenizer with these settings has for each text."""
    tokenizer = BertTokenizer(vocabulary, **settings)
    ids: list[list[int]] = tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"]
    return ids


def embed(
    directory: str, texts: list[str], max_tokens: int, pooling: str = "mean", precision: str = "float32"
) -> np.ndarray:
    """Embed texts in batches of like length, as sentence-transformers does: float32 [N, D], rows of unit length.

    `pooling` is `mean`, of the tokens that are no padding, or `cls`, the first token.
    """
    model, tokenizer = load("AutoModel", directory, precision), load_tokenizer(directory)

    def pooled(batch: list[str]) -> torch.Tensor:
        ids = tokenizer(batch, padding=True, truncation=True, max_length=max_tokens, return_tensors="pt")
        hidden = model(**ids).last_hidden_state.float()
        mask = ids["attention_mask"][:, :, None]
        return hidden[:, 0] if pooling == "cls" else (hidden * mask).sum(dim=1) / mask.sum(dim=1)

    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    vectors = np.empty((len(texts), model.config.hidden_size), np.float32)
    vectors[order] = unit_vectors([texts[row] for row in order], pooled)
    return vectors
