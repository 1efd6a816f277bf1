"""Tiny random SigLIP checkpoints as transformers writes them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.reference.client import Reference

CORPUS = [
    "red striped mug with a handle",
    "blue ceramic plates set of 4",
    "the dogs bowl is steel",
    "café crème straße ΟΔΟΣ οδος",
    "ein roter becher für tee",
    "350ml 12oz 1000 usb c",
]
TOWER = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}


@pytest.fixture(scope="session")
def siglip_tokenizer_directory(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Path:
    """A small SentencePiece model and the settings of SigLIP's tokenizer."""
    directory = tmp_path_factory.mktemp("siglip_tokenizer")
    reference("siglip.write_tokenizer", directory=directory, texts=CORPUS * 4, size=150, model_max_length=20)
    return directory


@pytest.fixture(scope="session")
def make_siglip(siglip_tokenizer_directory: Path, reference: Reference) -> Callable[..., Path]:
    """A function that writes a checkpoint with fields of the towers and of the image processor."""

    def make(
        directory: Path,
        text: dict[str, Any] | None = None,
        vision: dict[str, Any] | None = None,
        processor: dict[str, Any] | None = None,
        tokenizer: dict[str, Any] | None = None,
    ) -> Path:
        shutil.copytree(siglip_tokenizer_directory, directory, dirs_exist_ok=True)
        settings = json.loads((directory / "tokenizer_config.json").read_text())
        (directory / "tokenizer_config.json").write_text(json.dumps(settings | (tokenizer or {})))
        sizes = {"vocab_size": 200, "max_position_embeddings": 20}
        images = {"image_size": 32, "patch_size": 8}
        config = {"text_config": TOWER | sizes | (text or {}), "vision_config": TOWER | images | (vision or {})}
        fields = {"size": {"height": 32, "width": 32}} | (processor or {})
        reference("siglip.write_model", directory=directory, config=config, processor=fields, seed=0, noise=0.1)
        return directory

    return make


@pytest.fixture(scope="session")
def siglip_directory(make_siglip: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_siglip(tmp_path_factory.mktemp("siglip"))
