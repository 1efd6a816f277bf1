"""Checkpoint directories in Hugging Face's layout: `config.json`, safetensors weights and tokenizer files.

What we save, `transformers` reads too. Nothing here is executed: no pickle, and no code from the directory.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vitrine.errors import DataError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON file's object.

    Raises:
        DataError: the file is missing, is not JSON or is not an object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; a checkpoint directory needs it") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not readable as JSON ({error})") from None
    if not isinstance(value, dict):
        raise DataError(f"{path}: expected a JSON object, found {type(value).__name__}")
    return value


class Tensors(Mapping[str, np.ndarray]):
    """A checkpoint's tensors by name, float32, read from the memory-mapped files when asked for."""

    def __init__(self, directory: Path) -> None:
        files = sorted(set(read_json(directory / INDEX)["weight_map"].values())) if (directory / INDEX).exists() else []
        self._files = {}
        for name in files or [WEIGHTS]:
            path = directory / name
            if not path.is_file():
                raise DataError(f"{path}: no such file; weights are read from safetensors files only")
            try:
                handle = safe_open(path, framework="numpy")
            except SafetensorError as error:
                raise DataError(f"{path}: not a safetensors file ({error})") from None
            self._files.update(dict.fromkeys(handle.keys(), handle))

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self._files[name].get_tensor(name)).astype(np.float32, copy=False)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def take(tensors: Mapping[str, np.ndarray], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the tensor `name`.

    Raises:
        DataError: it is missing or has another shape than the configuration asks for.
    """
    if name not in tensors:
        raise DataError(f"checkpoint weights: no tensor '{name}'; is this the checkpoint that config.json describes?")
    value = tensors[name]
    if value.shape != shape:
        raise DataError(f"checkpoint weights: '{name}' has shape {value.shape}, config.json asks for {shape}")
    return value


def fingerprint(config: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of `config` and of every tensor, in order of name."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, ensure_ascii=True).encode())
    for name in sorted(tensors):
        value = np.ascontiguousarray(tensors[name], "<f4")
        digest.update(f"{name}{value.shape}".encode())
        digest.update(value.data)
    return digest.hexdigest()


def read_files(directory: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return the content of those of the named files that exist."""
    return {name: (directory / name).read_bytes() for name in names if (directory / name).is_file()}


def write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their name relative to `directory`."""
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)


def save_weights(directory: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write every tensor, float32, to the directory's weights file."""
    arrays = {name: np.ascontiguousarray(tensors[name], np.float32) for name in tensors}
    save_file(arrays, directory / WEIGHTS, metadata={"format": "pt"})


def write_atomically(directory: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary directory, then put that in the place of `directory`."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        write(temporary)
        temporary.chmod(0o755)
        if directory.exists():
            shutil.rmtree(directory)
        temporary.rename(directory)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
