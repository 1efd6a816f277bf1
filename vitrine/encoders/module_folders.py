"""The folders of a sentence-transformers checkpoint, in the places that its `modules.json` gives."""

import json
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from vitrine.errors import DataError

MODULES: Final = "modules.json"
WEIGHTS: Final = "model.safetensors"
TRANSFORMER: Final = ".Transformer"
"""The end of the type of the module whose files are those of `transformers`."""


def module_paths(directory: Path) -> dict[str, str]:
    """Return the type of each module of `modules.json` by its path; none without that file.

    Raises:
        DataError: the file is not a list of modules, or a path leaves the directory.
    """
    file = directory / MODULES
    if not file.is_file():
        return {}
    try:
        listed = json.loads(file.read_bytes())
        modules = [(module["path"], module["type"]) for module in listed]
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(f"{file}: not a list of modules with 'path' and 'type' ({error})") from None
    if not isinstance(listed, list) or not all(isinstance(text, str) for module in modules for text in module):
        raise DataError(f"{file}: not a list of modules with the texts 'path' and 'type'")
    for path, _ in modules:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise DataError(f"{file}: path '{path}' leaves the checkpoint's directory")
    return dict(modules)


def transformer_folder(directory: Path) -> Path:
    """Return the folder of the files of `transformers`: the directory, or the one that `modules.json` names."""
    paths = [path for path, kind in module_paths(directory).items() if kind.endswith(TRANSFORMER)]
    return directory / paths[0] if paths else directory


def module_files(directory: Path) -> list[Path]:
    """Return the files of the modules besides the transformer: configurations, and weights in safetensors files."""
    folders = [path for path, kind in module_paths(directory).items() if path and not kind.endswith(TRANSFORMER)]
    files = [directory / folder / name for folder in folders for name in ("config.json", WEIGHTS)]
    return [file for file in files if file.is_file()]


def module_tensors(directory: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Return the weights of the modules besides the transformer, as float32, by `folder/name`.

    Raises:
        DataError: a file is not a safetensors file.
    """
    tensors = dict[str, npt.NDArray[np.float32]]()
    for file in module_files(directory):
        if file.name == WEIGHTS:
            folder = file.parent.relative_to(directory).as_posix()
            try:
                with safe_open(file, framework="numpy") as opened:
                    names = opened.keys()  # not a mapping
                    tensors |= {f"{folder}/{name}": opened.get_tensor(name).astype(np.float32) for name in names}
            except SafetensorError as error:
                raise DataError(f"{file}: not a safetensors file ({error})") from None
    return tensors


def flat_modules(content: bytes) -> bytes:
    """Return `modules.json` with the transformer in the checkpoint's own directory."""
    modules = json.loads(content)
    for module in modules:
        if module["type"].endswith(TRANSFORMER):
            module["path"] = ""
    return json.dumps(modules, indent=2).encode()
