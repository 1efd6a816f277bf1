"""Checkpoints in Hugging Face's layout: `config.json`, safetensors weights and tokenizer files.

What we save, `transformers` reads too. Nothing here is executed: no pickle, and no code from the directory.
"""

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vitrine.errors import DataError

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"
FILES: Final = (
    CONFIG,
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
)
"""The small files of a checkpoint that mean something here."""
FLOATS: Final = {"F64", "F32", "F16", "BF16"}


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory: the small files' bytes by name, and the weights, float32, by Hugging Face's names."""

    origin: str
    files: Mapping[str, bytes]
    tensors: Mapping[str, np.ndarray]

    def text(self, name: str) -> str:
        """Return a file's text.

        Raises:
            DataError: the checkpoint lacks the file, or it is not UTF-8.
        """
        if name not in self.files:
            raise DataError(f"{self.origin}/{name}: no such file; a checkpoint of this kind needs it")
        try:
            return self.files[name].decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{self.origin}/{name}: not UTF-8 ({error})") from None

    def json(self, name: str) -> dict[str, Any]:
        """Return a JSON file's object.

        Raises:
            DataError: the checkpoint lacks the file, or it holds no JSON object.
        """
        try:
            value = json.loads(self.text(name))
        except ValueError as error:
            raise DataError(f"{self.origin}/{name}: not JSON ({error})") from None
        if not isinstance(value, dict):
            raise DataError(f"{self.origin}/{name}: expected a JSON object, found {type(value).__name__}")
        return value

    def tensor(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return a weight.

        Raises:
            DataError: it is missing or has another shape than the configuration asks for.
        """
        if name not in self.tensors:
            raise DataError(f"{self.origin}: no tensor '{name}'; is config.json that of these weights?")
        value = self.tensors[name]
        if value.shape != shape:
            raise DataError(f"{self.origin}: tensor '{name}' has shape {value.shape}, config.json asks for {shape}")
        return value

    def fingerprint(self, rules: Mapping[str, Any]) -> str:
        """Return the SHA-256 (hex) of the canonical JSON of `rules` and of every weight, in order of name."""
        digest = hashlib.sha256(json.dumps(rules, sort_keys=True).encode())
        for name in sorted(self.tensors):
            value = np.asarray(self.tensors[name], "<f4", order="C")  # ascontiguousarray would give scalars an axis
            digest.update(f"{name}{value.shape}".encode())
            digest.update(value.data)
        return digest.hexdigest()

    def save(self, directory: Path) -> None:
        """Write the checkpoint beside `directory`, then put it in that one's place."""
        directory.parent.mkdir(parents=True, exist_ok=True)
        fresh, old = (directory.with_name(f".{directory.name}.{uuid.uuid4().hex}") for _ in range(2))
        try:
            self._write(fresh)
            if directory.exists():
                directory.rename(old)
            fresh.rename(directory)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)

    def _write(self, directory: Path) -> None:
        for name, content in self.files.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(content)
        weights = {name: np.asarray(value, np.float32, order="C") for name, value in self.tensors.items()}
        save_file(weights, directory / WEIGHTS, metadata={"format": "pt"})


def read_checkpoint(directory: Path) -> Checkpoint:
    """Read a checkpoint directory; weights stay in their memory-mapped files until they are asked for.

    Raises:
        DataError: there is no such directory, or no weights in safetensors files.
    """
    if not directory.is_dir():
        raise DataError(f"{directory}: no such directory; give a checkpoint's")
    files = {name: (directory / name).read_bytes() for name in FILES if (directory / name).is_file()}
    return Checkpoint(str(directory), files, Tensors(directory))


def checkpoint_files(directory: Path) -> list[Path]:
    """Return the files of a checkpoint directory that `read_checkpoint` reads, and no others.

    Raises:
        DataError: there is an index of weights that cannot be read.
    """
    files = [directory / name for name in (*FILES, INDEX) if (directory / name).is_file()]
    return [*files, *_weight_files(directory)]


class Tensors(Mapping[str, np.ndarray]):
    """The floating-point tensors of a directory's safetensors files, as float32."""

    def __init__(self, directory: Path) -> None:
        self._files = {name: file for path in _weight_files(directory) for name, file in _tensors(path)}

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self._files[name].get_tensor(name)).astype(np.float32, copy=False)

    def __contains__(self, name: object) -> bool:
        return name in self._files  # the inherited method would read the tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _weight_files(directory: Path) -> list[Path]:
    if (directory / INDEX).is_file():
        try:
            return sorted(
                {directory / str(name) for name in json.loads((directory / INDEX).read_text())["weight_map"].values()}
            )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise DataError(f"{directory / INDEX}: not an index of weights ({error})") from None
    return [directory / WEIGHTS]


def _tensors(path: Path) -> Iterator[tuple[str, Any]]:
    if not path.is_file():
        raise DataError(f"{path}: no such file; weights are read from safetensors files only")
    try:
        file = safe_open(path, framework="numpy")
    except SafetensorError as error:
        raise DataError(f"{path}: not a safetensors file ({error})") from None
    for name in file.keys():  # noqa: SIM118 - not a mapping
        if file.get_slice(name).get_dtype() in FLOATS:
            yield name, file
