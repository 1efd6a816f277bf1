"""The shop of docs/LEARNING.md: its export, and a small text encoder with random weights that knows its words."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.csv
from safetensors.numpy import save_file

from tests.vitrine.tuning.shop import SIZES, WORDS, tables

QUERIES: Final = 180


def write_export(folder: Path) -> None:
    """Write a catalogue and judgements, of which only the judgements tell which words belong together."""
    folder.mkdir()
    judgements, catalogue = tables(QUERIES)
    pyarrow.csv.write_csv(judgements, folder / "judgements.csv")
    pyarrow.csv.write_csv(catalogue, folder / "catalogue.csv")


def write_encoder(directory: Path) -> None:
    """Write a BERT with random weights, in the layout of transformers."""
    directory.mkdir(parents=True)
    config = {"model_type": "bert", "vocab_size": len(WORDS), "max_position_embeddings": 40, **SIZES}
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "vocab.txt").write_text("\n".join(WORDS))
    (directory / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    rng = np.random.default_rng(0)
    width, inner = SIZES["hidden_size"], SIZES["intermediate_size"]
    shapes = {
        f"embeddings.{name}_embeddings.weight": (rows, width)
        for name, rows in (("word", len(WORDS)), ("position", 40), ("token_type", 2))
    }
    dense = {f"attention.self.{name}": (width, width) for name in ("query", "key", "value")}
    dense |= {"attention.output.dense": (width, width)}
    dense |= {"intermediate.dense": (inner, width), "output.dense": (width, inner)}
    norms = ["embeddings.LayerNorm"]
    for layer in range(SIZES["num_hidden_layers"]):
        for name, shape in dense.items():
            shapes |= {f"encoder.layer.{layer}.{name}.weight": shape, f"encoder.layer.{layer}.{name}.bias": shape[:1]}
        norms += [f"encoder.layer.{layer}.{name}.LayerNorm" for name in ("attention.output", "output")]
    tensors = {name: rng.normal(0, 0.1, shape) for name, shape in shapes.items()}
    for name in norms:
        tensors |= {f"{name}.weight": np.ones(width), f"{name}.bias": np.zeros(width)}
    save_file({name: value.astype(np.float32) for name, value in tensors.items()}, directory / "model.safetensors")
