"""Text transformers and sentence encoders, as transformers and sentence-transformers have them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from sentence_transformers import SentenceTransformer, models

from benchmarks.reference.functions.checkpoints import load, load_tokenizer, random_model


def write(directory: str, model: str, config: dict[str, Any], **weights: Any) -> None:
    """Write a model of this class with random weights; `weights` are arguments of `random_model`."""
    family = getattr(transformers, model).config_class
    random_model(model, family(**config), **weights).save_pretrained(directory)


def tokens(directory: str, texts: list[str], max_tokens: int) -> list[list[int]]:
    """Return the ids of each text."""
    ids: list[list[int]] = load_tokenizer(directory)(texts, truncation=True, max_length=max_tokens)["input_ids"]
    return ids


def states(directory: str, texts: list[str], max_tokens: int) -> list[np.ndarray]:
    """Return the last hidden states of each text, float32 [T, W]."""
    model, tokenizer = load("AutoModel", directory), load_tokenizer(directory)
    with torch.inference_mode():
        return [
            model(**tokenizer([text], truncation=True, max_length=max_tokens, return_tensors="pt"))
            .last_hidden_state[0]
            .numpy()
            for text in texts
        ]


def save_modules(directory: str, modules: list[dict[str, Any]], target: str, **settings: Any) -> None:
    """Save a model of transformers with further modules, each a class of sentence-transformers with its arguments."""
    made = [models.Transformer(directory)]
    for module in modules:
        arguments = {key: value for key, value in module.items() if key not in ("type", "activation")}
        if "activation" in module:
            arguments["activation_function"] = getattr(torch.nn, module["activation"])()
        torch.manual_seed(len(made))
        made.append(getattr(models, module["type"])(**arguments))
        for parameter in made[-1].parameters():
            parameter.data.add_(0.3 * torch.randn_like(parameter))
    SentenceTransformer(modules=made, **settings).save(target)


def encode(directory: str, texts: list[str], side: str = "query", **options: Any) -> np.ndarray:
    """Return the vectors of a sentence encoder, float32 [N, D], of unit length; `side` is `query` or `document`."""
    model = SentenceTransformer(str(Path(directory)), device="cpu")
    embed = model.encode_query if side == "query" else model.encode_document
    vectors: np.ndarray = embed(texts, normalize_embeddings=True, show_progress_bar=False, **options)
    return vectors.astype(np.float32)
