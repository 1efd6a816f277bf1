"""Small text encoders with random weights, as transformers and sentence-transformers save them, and images."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.reference.client import Reference
from tests.vitrine.encoders.small_tokenizers import write_tokenizer

SIZES = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
DISTILBERT = {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 48, "activation": "gelu"}
CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("BertModel", SIZES | {"max_position_embeddings": 200}),
    "distilbert": ("DistilBertModel", DISTILBERT | {"max_position_embeddings": 200}),
    "roberta": ("RobertaModel", SIZES | {"max_position_embeddings": 202, "type_vocab_size": 1, "pad_token_id": 1}),
    "xlm-roberta": ("XLMRobertaModel", SIZES | {"max_position_embeddings": 202, "type_vocab_size": 1}),
    "mpnet": ("MPNetModel", SIZES | {"max_position_embeddings": 202}),
    "modernbert": (
        "ModernBertModel",
        SIZES
        | {"max_position_embeddings": 200, "local_attention": 8, "pad_token_id": 2, "global_attn_every_n_layers": 2},
    ),
}
"""The class and the configuration of each family."""


def write_transformer(
    reference: Reference,
    family: str,
    directory: Path,
    rules: dict[str, Any] | None = None,
    kind: str = "Model",
    **config: Any,
) -> Path:
    """Write a transformer and its tokenizer; `config` are further fields, `rules` those of the tokenizer.

    `kind` is the end of the name of the model's class.
    """
    model, sizes = CONFIGS[family]
    model = model.removesuffix("Model") + kind
    fields = (
        sizes | {"vocab_size": write_tokenizer(family, directory, **{"model_max_length": 196} | (rules or {}))} | config
    )
    reference("text_encoders.write", directory=directory, model=model, config=fields, seed=3, noise=0.15)
    return directory


def write_encoder(
    reference: Reference, family: str, directory: Path, modules: list[dict[str, Any]], **settings: Any
) -> Path:
    """Write a sentence encoder with these modules; `settings` are those of SentenceTransformer."""
    transformer = write_transformer(reference, family, directory / "transformer")
    target = directory / "encoder"
    reference("text_encoders.save_modules", directory=transformer, modules=modules, target=target, **settings)
    return target


def noise_images(shapes: Sequence[tuple[int, int]]) -> list[bytes]:
    """Draw smooth noise of these widths and heights, as PNG files."""
    rng, files = np.random.default_rng(0), []
    for shape in shapes:
        noise = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
        file = io.BytesIO()
        noise.resize(shape, Image.Resampling.BICUBIC).save(file, "PNG")
        files.append(file.getvalue())
    return files
