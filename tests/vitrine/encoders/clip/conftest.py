"""Tiny random CLIP checkpoints as transformers writes them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.reference.client import Reference
from vitrine.encoders.clip.tokenizer import END, START

SIZE = 32
"""Side of the model's input images, in pixels."""


@pytest.fixture(scope="session")
def make_checkpoint(clip_tokenizer_directory: Path, reference: Reference) -> Callable[..., Path]:
    """A function that writes a checkpoint; `end` is the `eos_token_id`, by default the tokenizer's."""

    def make(directory: Path, activation: str = "quick_gelu", end: int | None = None, seed: int = 0) -> Path:
        ids = json.loads((clip_tokenizer_directory / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
        layers = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_act": activation}
        text = {"vocab_size": len(ids), "hidden_size": 32, "intermediate_size": 48, "max_position_embeddings": 77}
        text |= {"bos_token_id": ids[START], "eos_token_id": ids[END] if end is None else end}
        vision = {"hidden_size": 40, "intermediate_size": 56, "image_size": SIZE, "patch_size": 8}
        config = {"text_config": text | layers, "vision_config": vision | layers, "projection_dim": 24}
        sizes = {"size": {"shortest_edge": SIZE}, "crop_size": {"height": SIZE, "width": SIZE}}
        shutil.copytree(clip_tokenizer_directory, directory, dirs_exist_ok=True)
        reference("clip.write_model", directory=directory, config=config, processor=sizes, seed=seed, noise=0.1)
        return directory

    return make


@pytest.fixture(scope="session")
def checkpoint_directory(make_checkpoint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("clip"))
