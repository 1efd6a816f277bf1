"""The files of a repository that an encoder is read from: configurations, tokenizers, weights, and its description."""

import json
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from typing import Final

from vitrine.encoders.checkpoint import CONFIG, FILES, INDEX, OPEN_CLIP, OPEN_CLIP_WEIGHTS
from vitrine.encoders.licence import DESCRIPTION
from vitrine.encoders.module_folders import MODULES, WEIGHTS, listed_modules
from vitrine.errors import DataError

NAMES: Final = {PurePosixPath(name).name for name in FILES} | {INDEX}
PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".msgpack", ".h5")

Fetch = Callable[[str], Path]
"""A function that downloads a file of the repository by its name, and returns its path."""


def select(names: Collection[str], fetch: Fetch, where: str) -> list[str]:
    """Return the names of the files of weights, after all other files have been fetched.

    Args:
        names: all files of the repository.
        fetch: see `Fetch`.
        where: the repository, for errors.

    Raises:
        DataError: a file cannot be read, or there are no safetensors weights.
    """
    folders = [""]
    if MODULES in names:
        folders += dict.fromkeys(module.path for module in listed_modules(fetch(MODULES).parent) if module.path)
    for name in sorted(names):
        folder, _, short = name.rpartition("/")
        if name in FILES or name == DESCRIPTION or (folder in folders and short in NAMES):
            fetch(name)
    weights = [name for folder in folders for name in _weights(folder, names, fetch, where)]
    if not weights:
        pickles = sorted(name for name in names if name.endswith(PICKLES))
        others = f", but {pickles[0]}" if pickles else ""
        raise DataError(
            f"{where}: no safetensors weights{others}; give a revision that has them, or a directory in which they are "
            "converted (docs/ENCODERS.md)"
        )
    return weights


def _weights(folder: str, names: Collection[str], fetch: Fetch, where: str) -> list[str]:
    """Return the files of weights in a folder; as in a directory, open_clip's count where the others need code."""
    inside = f"{folder}/" if folder else ""
    foreign = f"{inside}{OPEN_CLIP_WEIGHTS}"
    if f"{inside}{OPEN_CLIP}" in names and foreign in names and not _own(inside, names, fetch):
        return [foreign]
    if f"{inside}{WEIGHTS}" in names:
        return [f"{inside}{WEIGHTS}"]
    if f"{inside}{INDEX}" not in names:
        return []
    try:
        places = json.loads(fetch(f"{inside}{INDEX}").read_bytes())["weight_map"].values()
        shards = sorted({f"{inside}{name}" for name in places})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(f"{where}: {inside}{INDEX}: not an index of weights ({error})") from None
    missing = [name for name in shards if name not in names or not name.endswith(".safetensors")]
    if missing:
        raise DataError(
            f"{where}: {inside}{INDEX} names '{missing[0]}', which is no safetensors file of the repository"
        )
    return shards


def _own(inside: str, names: Collection[str], fetch: Fetch) -> bool:
    """Return whether a folder has a model of `transformers` that needs no code of its own."""
    if not {f"{inside}{WEIGHTS}", f"{inside}{INDEX}"} & set(names) or f"{inside}{CONFIG}" not in names:
        return False
    try:
        return "auto_map" not in json.loads(fetch(f"{inside}{CONFIG}").read_bytes())
    except (ValueError, TypeError, RecursionError):
        return True
