"""Checkpoints: written with random weights, and loaded once for many calls."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
import transformers

LOADED = 4
"""Size of the cache of models and of tokenizers."""


def write_tensors(file: str, tensors: dict[str, np.ndarray], types: dict[str, str]) -> None:
    """Write a safetensors file whose tensors have PyTorch's `types`."""
    converted = {name: torch.from_numpy(values).to(getattr(torch, types[name])) for name, values in tensors.items()}
    safetensors.torch.save_file(converted, file)


def write_pickle(file: str, tensors: dict[str, np.ndarray]) -> None:
    """Write tensors as PyTorch's pickle of weights."""
    torch.save({name: torch.from_numpy(values) for name, values in tensors.items()}, file)


def random_model(model: str, config: Any, seed: int, noise: float, matrices: bool = True) -> Any:
    """Return a model of transformers, by its name, with random weights.

    Biases start at zero and norms at one, which no trained model has and which would hide mistakes. Therefore `noise`
    times a normal deviate is added to them, and to `matrices` as well.
    """
    torch.manual_seed(seed)
    made = getattr(transformers, model)(config)
    with torch.no_grad():
        for parameter in made.parameters():
            if matrices or parameter.ndim == 1:
                parameter.add_(noise * torch.randn_like(parameter))
    return made


def load(kind: str, directory: str, precision: str = "float32") -> Any:
    """Return a model of a directory for inference, as transformers' class `kind` loads it."""
    return _model(kind, directory, precision, _state(directory))


def load_tokenizer(directory: str, kind: str = "AutoTokenizer") -> Any:
    """Return the tokenizer of a directory, as transformers' class `kind` loads it."""
    return _tokenizer(kind, directory, _state(directory))


@functools.lru_cache(LOADED)
def _model(kind: str, directory: str, precision: str, _state: object) -> Any:
    return getattr(transformers, kind).from_pretrained(directory, dtype=getattr(torch, precision)).eval()


@functools.lru_cache(LOADED)
def _tokenizer(kind: str, directory: str, _state: object) -> Any:
    return getattr(transformers, kind).from_pretrained(directory)


def _state(directory: str) -> tuple[tuple[str, int, int], ...]:
    """Return names, sizes and times of a directory's files: a rewritten checkpoint is loaded again."""
    files = sorted(path for path in Path(directory).rglob("*") if path.is_file())
    return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)
