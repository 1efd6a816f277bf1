"""Tiny random CLIP checkpoints as open_clip writes them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.reference.client import Reference

VISION = {"image_size": 32, "layers": 2, "width": 48, "head_width": 12, "patch_size": 8}
TEXT = {"context_length": 40, "width": 32, "heads": 4, "layers": 2, "hf_tokenizer_name": "tested"}


@pytest.fixture(scope="session")
def make_open_clip(clip_tokenizer_directory: Path, reference: Reference) -> Callable[..., Path]:
    """A function that writes a checkpoint with fields of the model, of its towers and of its image preprocessing."""

    def make(
        directory: Path,
        vision: dict[str, Any] | None = None,
        text: dict[str, Any] | None = None,
        preprocess: dict[str, Any] | None = None,
        **model: Any,
    ) -> Path:
        shutil.copytree(clip_tokenizer_directory, directory, dirs_exist_ok=True)
        ids = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
        towers = {"vision_cfg": VISION | (vision or {}), "text_cfg": TEXT | {"vocab_size": len(ids)} | (text or {})}
        config = {"embed_dim": 24, **towers, **model}
        reference(
            "open_clip.write_model",
            directory=directory,
            config=config,
            preprocess=preprocess or {},
            seed=0,
            noise=0.1,
        )
        return directory

    return make
