"""Download of published datasets, or instructions where that is not possible."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import httpx

import vitrine
from vitrine.data.download.datasets.publishers import PUBLICATIONS, Publication, PublishedFile
from vitrine.data.download.datasets.resuming import DEFAULT_RETRIES, RetryLimits, download, sha256_of
from vitrine.errors import DataError, NetworkError
from vitrine.hub.repository import DEFAULT_REVISION, Repository

HEADERS: Final[dict[str, str]] = {"user-agent": f"vitrine/{vitrine.__version__}", "accept-encoding": "identity"}
TIMEOUT_SECONDS: Final = 30.0
"""Time limit to connect, and of a pause in a response, in seconds."""

Progress = Callable[[str, int, int | None], None]
"""A callback for a file's name, its downloaded bytes and its total bytes, if known."""


@dataclass(frozen=True)
class Fetched:
    """A file of a dataset, and whether it existed before (`kept`)."""

    name: str
    bytes: int
    sha256: str
    kept: bool


def fetch(
    dataset: str, folder: Path, mirror: str | None, progress: Progress, retries: RetryLimits = DEFAULT_RETRIES
) -> list[Fetched]:
    """Download a dataset's files; existing files are kept.

    Args:
        dataset: one of `PUBLICATIONS`.
        folder: the folder to write.
        mirror: an address with a folder for each dataset, to use instead of the publisher's.
        progress: see `Progress`.
        retries: see `RetryLimits`.

    Raises:
        NetworkError: the files cannot be downloaded. The message says where they are and where to put them.
        ConfigError: a dataset on the Hugging Face Hub does not exist there, or may not be read.
        DataError: a file is not the published one, or cannot be written.
    """
    publication = PUBLICATIONS[dataset]
    complete = all((folder / file.name).exists() for file in publication.files)
    try:
        address, headers = _origin(dataset, publication, mirror, complete)
        with httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=True) as client:
            return [_fetch(client, address, file, folder, progress, retries) for file in publication.files]
    except NetworkError as error:
        raise NetworkError(f"{error}\n{instructions(dataset, publication, folder)}") from error
    except OSError as error:
        raise DataError(f"{error.filename or folder}: {error.strerror or error}") from error


def instructions(dataset: str, publication: Publication, folder: Path) -> str:
    """Return instructions for downloading the files by hand."""
    if publication.address:
        files = [f"  {publication.address}{file.name}" for file in publication.files]
        return "\n".join(
            [f"On a machine with network access, download these files of {dataset} into {folder}:", *files]
        )
    names = ", ".join(file.name for file in publication.files)
    return f"Sign in at {publication.page}, download {names}, unzip them, and put them into {folder}"


def _origin(dataset: str, publication: Publication, mirror: str | None, complete: bool) -> tuple[str, dict[str, str]]:
    """Return the start of the files' addresses, and the headers of requests.

    All files of a dataset on the hub are of the commit that its default branch has now.
    """
    if mirror:
        return f"{mirror.rstrip('/')}/{dataset}/", HEADERS
    if not publication.hub or complete:
        return publication.address, HEADERS
    from vitrine.hub import client

    if client.offline():
        raise NetworkError(f"{dataset} is not complete, and HF_HUB_OFFLINE is set")
    wanted = Repository(publication.hub, DEFAULT_REVISION, "dataset")
    folder = publication.address.partition(f"/resolve/{DEFAULT_REVISION}/")[2]
    place = f"{client.endpoint()}/datasets/{publication.hub}/resolve/{client.resolve(wanted)}/{folder}"
    return place, HEADERS | client.headers()


def _fetch(
    client: httpx.Client, address: str, file: PublishedFile, folder: Path, progress: Progress, retries: RetryLimits
) -> Fetched:
    target = folder / file.name
    kept = target.exists() and (not file.sha256 or sha256_of(target) == file.sha256)
    if not kept:
        if not address:
            raise NetworkError(f"{target} does not exist, and its publisher requires signing in")
        download(client, address + file.name, target, file.sha256, retries, partial(progress, file.name))
    return Fetched(file.name, target.stat().st_size, sha256_of(target), kept)
