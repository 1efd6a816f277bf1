"""Cross-encoders on BERT, as transformers has them."""

from typing import Any

import numpy as np
import torch

from benchmarks.reference.functions.checkpoints import load, load_tokenizer


def probabilities(directory: str, queries: list[str], texts: list[str], max_tokens: int | None = None) -> np.ndarray:
    """Classify pairs: float32 [N, classes]; by default `max_tokens` is the tokenizer's."""
    model = load("BertForSequenceClassification", directory)
    batch = _tokenized(directory, queries, texts, max_tokens, padding=True, return_tensors="pt")
    with torch.inference_mode():
        return np.asarray(model(**batch).logits.softmax(dim=-1).numpy())


def tokens(directory: str, queries: list[str], texts: list[str], max_tokens: int) -> dict[str, list[list[int]]]:
    """Return `input_ids` and `token_type_ids` of each pair."""
    return dict(_tokenized(directory, queries, texts, max_tokens))


def settings(directory: str) -> dict[str, Any]:
    """Return the names of the classes and the length to which pairs are cut."""
    names = load("BertForSequenceClassification", directory).config.id2label
    return {
        "labels": [names[index] for index in range(len(names))],
        "max_tokens": load_tokenizer(directory).model_max_length,
    }


def _tokenized(directory: str, queries: list[str], texts: list[str], max_tokens: int | None, **options: Any) -> Any:
    tokenizer = load_tokenizer(directory)
    return tokenizer(queries, texts, truncation="only_second", max_length=max_tokens, **options)
