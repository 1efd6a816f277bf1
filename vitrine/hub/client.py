"""Calls of the hub. `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_TOKEN` and `HF_HUB_OFFLINE` are those of `huggingface_hub`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx2
import huggingface_hub
from huggingface_hub import constants, errors

from vitrine.errors import ConfigError, NetworkError
from vitrine.hub.repository import Repository

TRUE: Final = ("1", "ON", "YES", "TRUE")


def endpoint() -> str:
    """Return the hub's address."""
    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def cache() -> Path:
    """Return the folder in which downloaded files are kept."""
    return Path(os.environ.get("HF_HUB_CACHE") or constants.HF_HUB_CACHE).expanduser()


def offline() -> bool:
    """Return whether the network must not be used."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in TRUE


def resolve(repository: Repository) -> str:
    """Return the commit of a revision; without the network, that of the last time.

    Raises:
        ConfigError: the repository or the revision does not exist, or may not be read.
        NetworkError: the hub cannot be reached, and the revision has not been resolved before.
    """
    with _one_line(repository):
        api = huggingface_hub.HfApi(endpoint=endpoint())
        found = api.resolve_revision(
            repository.name,
            repo_type=repository.kind,
            revision=repository.revision,
            cache_dir=cache(),
            local_files_only=offline(),
        )
        return found.resolved


def headers() -> dict[str, str]:
    """Return the headers of a request to the hub, with the token of the environment."""
    token = os.environ.get("HF_TOKEN")
    return {"authorization": f"Bearer {token}"} if token else {}


def names(repository: Repository, commit: str) -> list[str]:
    """Return the names of a commit's files.

    Raises:
        ConfigError, NetworkError: as `resolve`.
    """
    with _one_line(repository):
        if offline():
            raise errors.OfflineModeIsEnabled("its list of files")
        api = huggingface_hub.HfApi(endpoint=endpoint())
        return [file.rfilename for file in api.model_info(repository.name, revision=commit).siblings or []]


def download(repository: Repository, commit: str, name: str) -> Path:
    """Return the path of a file of a commit, in the cache.

    Raises:
        ConfigError, NetworkError: as `resolve`.
    """
    with _one_line(repository):
        path = huggingface_hub.hf_hub_download(
            repository.name,
            name,
            revision=commit,
            endpoint=endpoint(),
            cache_dir=cache(),
            local_files_only=offline(),
        )
        return Path(path)


@contextmanager
def _one_line(repository: Repository) -> Iterator[None]:
    """Report errors of the hub and of the network in one line."""
    here = f"{repository.name} on the hub"
    try:
        yield
    except errors.GatedRepoError:
        raise ConfigError(
            f"{here} is gated: accept its conditions on its page, and set HF_TOKEN to a token of that account"
        ) from None
    except errors.RevisionNotFoundError:
        raise ConfigError(f"{here} has no revision '{repository.revision}'") from None
    except errors.RepositoryNotFoundError:
        raise ConfigError(f"{here} does not exist, or is private: check the name, or set HF_TOKEN") from None
    except errors.HFValidationError as error:
        raise ConfigError(f"'{repository.name}' is not the name of a repository ({error})") from None
    except errors.HfHubHTTPError as error:
        code = error.response.status_code
        raise NetworkError(f"{here}: {endpoint()} answers with status {code}; try again later") from None
    except (errors.RevisionResolutionError, errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError) as error:
        if offline():
            raise NetworkError(
                f"{here}: {repository} is not complete in {cache()}, and HF_HUB_OFFLINE is set; run it once with a "
                "network, or give a directory"
            ) from None
        raise NetworkError(_unreachable(here, error)) from None
    except (httpx2.HTTPError, OSError) as error:
        raise NetworkError(_unreachable(here, error)) from None


def _unreachable(here: str, error: Exception) -> str:
    reason = " ".join(str(error.__cause__ or error).split())[:120]
    return f"{here}: {endpoint()} cannot be reached ({reason}); without a network, give a directory"
