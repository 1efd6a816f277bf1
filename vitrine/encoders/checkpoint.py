"""Checkpoints in Hugging Face's layout: `config.json`, safetensors weights and tokenizer files.

`transformers` reads saved checkpoints too. No code from a directory is executed, and no pickle is read.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vitrine.encoders.module_folders import (
    MODULES,
    WEIGHTS,
    Module,
    flat_modules,
    listed_modules,
    module_files,
    transformer_folder,
)
from vitrine.errors import DataError
from vitrine.files.replacing import replace_directory

CONFIG: Final = "config.json"
ADAPTER: Final = "adapter_config.json"
INDEX: Final = "model.safetensors.index.json"
OPEN_CLIP: Final = "open_clip_config.json"
OPEN_CLIP_WEIGHTS: Final = "open_clip_model.safetensors"
FILES: Final = (
    CONFIG,
    OPEN_CLIP,
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "modules.json",
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_xlm-roberta_config.json",
    "config_sentence_transformers.json",
    ADAPTER,
    "1_Pooling/config.json",
)
"""The files of a checkpoint, besides the weights, that are read. Those of modules are where `modules.json` says."""
SHARED: Final = ("modules.json", "config_sentence_transformers.json")
"""The files that are beside the transformer's folder, if it has one of its own."""
Json = dict[str, Any]
"""A JSON object of a Hugging Face library; readers of a field check what they rely on."""
FLOATS: Final = {"F64", "F32", "F16", "BF16"}
INDICES: Final = {"I64", "I32", "I16", "U64", "U32", "U16", "BOOL"}
"""Types of tensors that are no weights, such as positions, and are passed over."""
PICKLES: Final = ("pytorch_model.bin", "open_clip_pytorch_model.bin", "pytorch_model.bin.index.json")
CONVERSION: Final = (
    "from safetensors.torch import save_file; from transformers.modeling_utils import load_state_dict; "
    "save_file({{name: value.clone().contiguous() for name, value in load_state_dict('{source}').items()}}, "
    "'{target}', {{'format': 'pt'}})"
)
"""Python code that converts a pickle of weights. `transformers` refuses pickles that would run code, and PyTorch before
2.6, whose check of them can be evaded (CVE-2025-32434)."""


Arrays = Mapping[str, npt.NDArray[np.float32]]


class Native(NamedTuple):
    """The layout that a checkpoint came in: its files, the name of that of the weights, and their names and layouts."""

    files: Mapping[str, bytes]
    weights: str
    restored: Callable[[Arrays], Arrays]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory: bytes of the other files by name, and float32 weights by Hugging Face's names.

    `native` is the layout that it came in, if that is another library's.
    """

    origin: str
    files: Mapping[str, bytes]
    tensors: Arrays
    native: Native | None = field(default=None, repr=False, compare=False)
    _read: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

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

    def json(self, name: str) -> Json:
        """Return a JSON file's object.

        Raises:
            DataError: the checkpoint lacks the file, or it does not contain a JSON object.
        """
        try:
            value = json.loads(self.text(name))
        except (ValueError, RecursionError) as error:
            raise DataError(f"{self.origin}/{name}: not JSON ({error})") from None
        if not isinstance(value, dict):
            raise DataError(f"{self.origin}/{name}: expected a JSON object, found {type(value).__name__}")
        return value

    def tensor(self, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Return a weight.

        Raises:
            DataError: the weight is missing, or has another shape than the configuration requires.
        """
        if name not in self.tensors:
            raise DataError(f"{self.origin}: no tensor '{name}'; is config.json that of these weights?")
        self._read.add(name)
        value = self.tensors[name]
        if value.shape != shape:
            raise DataError(f"{self.origin}: tensor '{name}' has shape {value.shape}, config.json asks for {shape}")
        return value

    def require_all_read(self, harmless: str) -> None:
        """Raise DataError if there are weights that `tensor` has not returned, and that do not match `harmless`.

        Such weights belong to a computation that is not done.
        """
        surplus = sorted(name for name in self.tensors if name not in self._read and not re.fullmatch(harmless, name))
        if surplus:
            others = f" and {len(surplus) - 1} others" if len(surplus) > 1 else ""
            raise DataError(
                f"{self.origin}: tensor '{surplus[0]}'{others} would not be used, so the vectors would not be the "
                "model's; is config.json that of these weights, or is it a model of another kind?"
            )

    def fingerprint(self, rules: Mapping[str, object]) -> str:
        """Return the SHA-256 (hex) of the canonical JSON of `rules` and of all weights in order of their names."""
        digest = hashlib.sha256(json.dumps(rules, sort_keys=True).encode())
        for name in sorted(self.tensors):
            value = np.asarray(self.tensors[name], "<f4", order="C")  # ascontiguousarray would add an axis to scalars
            digest.update(f"{name}{value.shape}".encode())
            digest.update(value.data)
        return digest.hexdigest()

    def save(self, directory: Path) -> None:
        """Write the checkpoint next to `directory`, then replace `directory` by it."""
        with replace_directory(directory) as fresh:
            self._write(fresh)

    def save_native(self, directory: Path) -> None:
        """Write the checkpoint as `save` does, but in the layout that it came in."""
        if self.native is None:
            self.save(directory)
            return
        weights = self.native.restored(self.tensors)
        with replace_directory(directory) as fresh:
            for name, content in self.native.files.items():
                (fresh / name).write_bytes(content)
            save_file(
                {name: np.asarray(value, np.float32, order="C") for name, value in weights.items()},
                fresh / self.native.weights,
                metadata={"format": "pt"},
            )

    def _write(self, directory: Path) -> None:
        for name, content in self.files.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(content)
        folders: dict[str, dict[str, npt.NDArray[np.float32]]] = {"": {}}
        for name, value in self.tensors.items():
            folder, _, short = name.rpartition("/")
            folders.setdefault(folder, {})[short] = np.asarray(value, np.float32, order="C")
        for folder, weights in folders.items():
            (directory / folder).mkdir(parents=True, exist_ok=True)
            save_file(weights, directory / folder / WEIGHTS, metadata={"format": "pt"})


def read_checkpoint(directory: Path, modules: Sequence[Module] | None = None) -> Checkpoint:
    """Read a checkpoint directory; weights are read from memory-mapped files on access.

    Args:
        directory: the directory.
        modules: its modules of sentence-transformers; by default those that it lists.

    Raises:
        DataError: the directory or its weights in safetensors files are missing, or there is an adapter of them.
    """
    if not directory.is_dir():
        raise DataError(f"{directory}: no such directory; give a checkpoint's")
    modules = listed_modules(directory) if modules is None else modules
    files = {name: path.read_bytes() for name, path in _files(directory, modules).items()}
    if ADAPTER in files:
        raise DataError(
            f"{directory}/{ADAPTER}: adapters are not supported; merge them into the model with peft's "
            "merge_and_unload, and save it again"
        )
    if modules:
        files[MODULES] = flat_modules(files[MODULES])
    folders = dict.fromkeys(_weight_files(transformer_folder(directory, modules)), "")
    others = (path for path in module_files(directory, modules) if path.name == WEIGHTS)
    folders |= {path: f"{path.parent.relative_to(directory).as_posix()}/" for path in others}
    return Checkpoint(str(directory), files, Tensors(folders))


def checkpoint_files(directory: Path, modules: Sequence[Module]) -> list[Path]:
    """Return the files of a checkpoint directory with these modules that `read_checkpoint` reads, and no others.

    Raises:
        DataError: there is an index of weights that cannot be read.
    """
    root = transformer_folder(directory, modules)
    indices = [root / INDEX] if (root / INDEX).is_file() else []
    others = [*indices, *_weight_files(root), *module_files(directory, modules)]
    return list(dict.fromkeys([*_files(directory, modules).values(), *others]))


def _files(directory: Path, modules: Sequence[Module]) -> dict[str, Path]:
    """Return the paths of the files besides the weights, by their names in a checkpoint in memory."""
    root = transformer_folder(directory, modules)
    places = {name: directory / name if name in SHARED else root / name for name in FILES}
    configs = (path for path in module_files(directory, modules) if path.name == CONFIG)
    places |= {path.relative_to(directory).as_posix(): path for path in configs}
    return {name: path for name, path in places.items() if path.is_file()}


class Tensors(Mapping[str, npt.NDArray[np.float32]]):
    """The floating-point tensors of safetensors files, as float32."""

    def __init__(self, prefixes: Mapping[Path, str]) -> None:
        """Open the files; their tensors have these prefixes before their names.

        Raises:
            DataError: a file is missing, or is not a safetensors file, or has tensors of a type that is not supported.
        """
        self._files = {
            f"{prefix}{name}": (file, name) for path, prefix in prefixes.items() for name, file in _tensors(path)
        }

    def __getitem__(self, name: str) -> npt.NDArray[np.float32]:
        file, own = self._files[name]
        return np.asarray(file.get_tensor(own)).astype(np.float32, copy=False)

    def __contains__(self, name: object) -> bool:
        return name in self._files  # the inherited method would read the tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def is_open_clip(directory: Path) -> bool:
    """Return whether a directory is read in open_clip's layout: it has no model that is `transformers`' own.

    Raises:
        DataError: `config.json` cannot be read.
    """
    if not (directory / OPEN_CLIP).is_file():
        return False
    if not any((directory / name).is_file() for name in (WEIGHTS, INDEX)):
        return True
    config = directory / CONFIG
    if not config.is_file():
        return True
    return "auto_map" in Checkpoint(str(directory), {CONFIG: config.read_bytes()}, {}).json(CONFIG)


def _weight_files(directory: Path) -> list[Path]:
    """Return the files of weights. As in `transformers`, one file counts before an index of several."""
    if is_open_clip(directory):
        return [directory / OPEN_CLIP_WEIGHTS]
    if (directory / WEIGHTS).is_file() or not (directory / INDEX).is_file():
        return [directory / WEIGHTS]
    try:
        places: dict[str, str] = json.loads((directory / INDEX).read_text())["weight_map"]
        names = {str(name) for name in places.values()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{directory / INDEX}: not an index of weights ({error})") from None
    outside = sorted(name for name in names if Path(name).name != name or not name.endswith(".safetensors"))
    if outside:
        raise DataError(f"{directory / INDEX}: '{outside[0]}' is not a safetensors file beside it")
    return sorted(directory / name for name in names)


def _tensors(path: Path) -> Iterator[tuple[str, safe_open]]:
    if not path.is_file():
        raise DataError(f"{path}: no such file; weights are read from safetensors files only{_conversion(path)}")
    try:
        file = safe_open(path, framework="numpy")  # its methods have no types
    except SafetensorError as error:
        raise DataError(f"{path}: not a safetensors file ({error})") from None
    for name in file.keys():  # noqa: SIM118 - not a mapping
        kind = file.get_slice(name).get_dtype()
        if kind in FLOATS:
            yield name, file
        elif kind not in INDICES:
            raise DataError(f"{path}: tensor '{name}' has type {kind}; {', '.join(sorted(FLOATS))} are supported")


def _conversion(path: Path) -> str:
    """Return how to convert the pickle of weights beside a missing file, or nothing if there is none."""
    pickles = [path.with_name(name) for name in PICKLES if path.with_name(name).is_file()]
    if not pickles:
        return ""
    if pickles[0].suffix == ".json":
        return f". Convert {pickles[0].name}: load the model with transformers, and save it with save_pretrained"
    code = CONVERSION.format(source=pickles[0].name, target=path.name)
    return f'. Convert {pickles[0].name}, in its folder and where transformers is installed: python -c "{code}"'
