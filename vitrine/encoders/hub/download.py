"""Download of an encoder from the hub into its cache."""

import functools
import json
from pathlib import Path
from typing import Final

from vitrine import progress
from vitrine.encoders.hub.selection import select
from vitrine.files.replacing import replace_file
from vitrine.hub import client
from vitrine.hub.repository import COMMIT, HUB, Repository, repository

LISTS: Final = "vitrine"
"""The folder, in a repository's folder of the cache, of lists of a commit's files. Other programs leave other files in
the cache, so what is there does not tell what the repository has."""


def hub_directory(source: str) -> Path:
    """Return the directory of the files of `hub:ORG/NAME@REVISION` that an encoder is read from; others are not there.

    Raises:
        ConfigError: the source is not of that form, does not exist, or may not be read.
        NetworkError: a file is not in the cache, and cannot be downloaded.
        DataError: there are no safetensors weights.
    """
    wanted = repository(source)
    return _directory(wanted, commit_of(source))


@functools.cache
def commit_of(source: str) -> str:
    """Return the commit of a source, the same one in the whole process.

    Raises:
        ConfigError, NetworkError: as `hub_directory`.
    """
    wanted = repository(source)
    return wanted.revision if COMMIT.fullmatch(wanted.revision) else client.resolve(wanted)


def pinned(source: str) -> str:
    """Return a source with the commit as its revision; other sources are returned as they are.

    Raises:
        ConfigError, NetworkError: as `hub_directory`.
    """
    if not source.startswith(HUB):
        return source
    return f"{HUB}{repository(source).name}@{commit_of(source)}"


def _directory(wanted: Repository, commit: str) -> Path:
    names = _names(wanted, commit)
    paths: dict[str, Path] = {}

    def fetch(name: str) -> Path:
        if name not in paths:
            paths[name] = client.download(wanted, commit, name)
        return paths[name]

    weights = select(names, fetch, f"hub:{wanted}")
    # Weights come last: where they are, all other files are, too.
    for done, name in enumerate(weights):
        progress.report(f"downloading {wanted.name}", done, len(weights))
        fetch(name)
    progress.report(f"downloading {wanted.name}", len(weights), len(weights))
    first, path = next(iter(paths.items()))
    return path.parents[first.count("/")]


def _names(wanted: Repository, commit: str) -> list[str]:
    file = client.cache() / f"models--{wanted.name.replace('/', '--')}" / LISTS / f"{commit}.json"
    if file.is_file():
        kept: list[str] = json.loads(file.read_text(encoding="utf-8"))
        return kept
    names = client.names(wanted, commit)
    file.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(file) as fresh:
        fresh.write_text(json.dumps(names), encoding="utf-8")
    return names
