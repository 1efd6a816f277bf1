"""The modules of a sentence-transformers checkpoint and their folders, which its `modules.json` lists."""

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from vitrine.errors import DataError

MODULES: Final = "modules.json"
WEIGHTS: Final = "model.safetensors"


class Module(NamedTuple):
    """A module: its folder in the checkpoint's directory, and its class with the Python module of that."""

    path: str
    type: str

    @property
    def kind(self) -> str:
        """The class alone, such as `Transformer`, whose files are those of `transformers`."""
        return self.type.rpartition(".")[2]


def parse_modules(content: bytes, where: str) -> list[Module]:
    """Return the modules of the content of a `modules.json`, in order; `where` names the file.

    Raises:
        DataError: it is not a list of modules, or a path leaves the directory.
    """
    try:
        listed = json.loads(content)
        modules = [Module(module["path"], module["type"]) for module in listed]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"{where}: not a list of modules with 'path' and 'type' ({error})") from None
    if not isinstance(listed, list) or not all(isinstance(text, str) for module in modules for text in module):
        raise DataError(f"{where}: not a list of modules with the texts 'path' and 'type'")
    for path, _ in modules:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise DataError(f"{where}: path '{path}' leaves the checkpoint's directory")
    return modules


def listed_modules(directory: Path) -> list[Module]:
    """Return the modules that a checkpoint's directory lists; none without the file.

    Raises:
        DataError: as `parse_modules`.
    """
    file = directory / MODULES
    return parse_modules(file.read_bytes(), str(file)) if file.is_file() else []


def transformer_folder(directory: Path, modules: Sequence[Module]) -> Path:
    """Return the folder of the files of `transformers`: the directory, or that of the transformer among the modules."""
    paths = [module.path for module in modules if module.kind == "Transformer"]
    return directory / paths[0] if paths else directory


def module_files(directory: Path, modules: Sequence[Module]) -> list[Path]:
    """Return the files of the modules besides the transformer: configurations, and weights in safetensors files."""
    folders = dict.fromkeys(module.path for module in modules if module.path and module.kind != "Transformer")
    files = [directory / folder / name for folder in folders for name in ("config.json", WEIGHTS)]
    return [file for file in files if file.is_file()]


def flat_modules(content: bytes) -> bytes:
    """Return a valid `modules.json` with the transformer in the checkpoint's own directory."""
    modules = json.loads(content)
    for module in modules:
        if Module(module["path"], module["type"]).kind == "Transformer":
            module["path"] = ""
    return json.dumps(modules, indent=2).encode()
