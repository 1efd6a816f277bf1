"""Cross-encoders, as transformers and sentence-transformers have them."""

from typing import Any

import numpy as np
import torch
from sentence_transformers import CrossEncoder

from benchmarks.reference.functions.checkpoints import load, load_tokenizer


def probabilities(directory: str, queries: list[str], texts: list[str], max_tokens: int | None = None) -> np.ndarray:
    """Classify pairs: float32 [N, classes]; by default `max_tokens` is the tokenizer's."""
    return np.asarray(torch.from_numpy(logits(directory, queries, texts, max_tokens)).softmax(dim=-1).numpy())


def logits(directory: str, queries: list[str], texts: list[str], max_tokens: int | None = None) -> np.ndarray:
    """Return the logits of pairs, float32 [N, L]."""
    model = load("AutoModelForSequenceClassification", directory)
    batch = _tokenized(directory, queries, texts, max_tokens, padding=True, return_tensors="pt")
    with torch.inference_mode():
        return np.asarray(model(**batch).logits.numpy())


def tokens(directory: str, queries: list[str], texts: list[str], max_tokens: int) -> dict[str, list[list[int]]]:
    """Return `input_ids` and `token_type_ids` of each pair."""
    return dict(_tokenized(directory, queries, texts, max_tokens))


def save(directory: str, source: str, outputs: int, max_tokens: int | None = None) -> None:
    """Save the transformer `source` as a cross-encoder of sentence-transformers, with a new head."""
    torch.manual_seed(outputs)
    model = CrossEncoder(source, num_labels=outputs, max_length=max_tokens, device="cpu")
    with torch.no_grad():
        for name, parameter in model.model.named_parameters():
            if not name.startswith(("bert.embeddings", "bert.encoder")):
                parameter.add_(0.3 * torch.randn_like(parameter))
    model.save_pretrained(directory)


def predict(directory: str, queries: list[str], texts: list[str]) -> np.ndarray:
    """Return the logits of sentence-transformers, float32 [N, L]."""
    model = CrossEncoder(directory, device="cpu")
    pairs = list(zip(queries, texts, strict=True))
    scores = model.predict(pairs, activation_fn=torch.nn.Identity(), show_progress_bar=False)
    return np.asarray(scores, np.float32).reshape(len(queries), -1)


def settings(directory: str) -> dict[str, Any]:
    """Return the names of the classes and the length to which pairs are cut."""
    names = load("AutoModelForSequenceClassification", directory).config.id2label
    return {
        "labels": [names[index] for index in range(len(names))],
        "max_tokens": load_tokenizer(directory).model_max_length,
    }


def _tokenized(directory: str, queries: list[str], texts: list[str], max_tokens: int | None, **options: Any) -> Any:
    tokenizer = load_tokenizer(directory)
    return tokenizer(queries, texts, truncation="longest_first", max_length=max_tokens, **options)
