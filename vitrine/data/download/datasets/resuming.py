"""Resumable download of one large file."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from vitrine.data.download.datasets.partial import PartialFile, partial_file
from vitrine.errors import DataError, NetworkError
from vitrine.resilience.retry_after import BUSY, retry_after, wait_retry_after

Progress = Callable[[int, int | None], None]
"""A callback for the downloaded bytes and the total bytes, or None if the server does not state them."""

TOTAL: Final = re.compile(r"bytes (\d+)-\d+/(\d+)")


@dataclass(frozen=True)
class RetryLimits:
    """Limits of consecutive transfers without a new byte: their number, and the pauses between them."""

    attempts: int = 5
    seconds: float = 1.0
    longest: float = 120.0


DEFAULT_RETRIES: Final = RetryLimits()


class _IncompleteTransferError(Exception):
    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


def download(
    client: httpx.Client, url: str, target: Path, sha256: str, retries: RetryLimits, progress: Progress
) -> None:
    """Download a file to `target`, which is created once the download is complete and matches `sha256`, if given.

    Raises:
        NetworkError: the server cannot be reached, or does not have the file. The downloaded part is kept.
        DataError: the file is not the published one, or another process downloads it.
    """
    with partial_file(target) as partial:
        try:
            _retrying(partial, retries)(_transfer, client, url, partial, progress)
        except (_IncompleteTransferError, httpx.RequestError) as error:
            raise NetworkError(f"{url}: {error or type(error).__name__}") from error
        if sha256 and (digest := sha256_of(partial.path)) != sha256:
            partial.discard()
            raise DataError(f"{url}: its SHA-256 is {digest}, but {sha256} was published; the file was discarded")
        partial.finish()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _retrying(partial: PartialFile, retries: RetryLimits) -> Retrying:
    """Return the retries of a transfer. After an attempt that gained bytes, counting starts anew."""
    size = partial.size

    def reset_attempts_after_progress(state: RetryCallState) -> None:
        nonlocal size
        if partial.size > size:
            state.attempt_number = 1
        size = partial.size

    def is_too_long(state: RetryCallState) -> bool:
        return state.upcoming_sleep > retries.longest

    return Retrying(
        retry=retry_if_exception_type((_IncompleteTransferError, httpx.RequestError)),
        after=reset_attempts_after_progress,
        wait=wait_retry_after(wait_exponential(multiplier=retries.seconds)),
        stop=lambda state: stop_after_attempt(retries.attempts)(state) or is_too_long(state),
        reraise=True,
    )


def _transfer(client: httpx.Client, url: str, partial: PartialFile, progress: Progress) -> None:
    with client.stream("GET", url, headers=partial.resumption()) as response:
        total = _start(response, partial)
        progress(partial.size, total)
        for chunk in response.iter_raw():
            partial.append(chunk)
            progress(partial.size, total)
    if total is not None and partial.size != total:
        raise _IncompleteTransferError(f"{partial.size:,} of {total:,} bytes received")


def _start(response: httpx.Response, partial: PartialFile) -> int | None:
    """Prepare the partial file for the response, and return the size of the whole file, if known."""
    code, headers = response.status_code, response.headers
    if code == httpx.codes.PARTIAL_CONTENT:
        content_range = TOTAL.fullmatch(headers.get("content-range", ""))
        if content_range and int(content_range[1]) == partial.size:
            return int(content_range[2])
    if code in (httpx.codes.PARTIAL_CONTENT, httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE):
        partial.discard()
        raise _IncompleteTransferError("the server sent another part than the requested one")
    if code in BUSY:
        raise _IncompleteTransferError(f"HTTP {code} {response.reason_phrase}", retry_after(headers))
    if code != httpx.codes.OK:
        raise NetworkError(f"{response.url}: HTTP {code} {response.reason_phrase}")
    if headers.get("content-encoding", "identity") != "identity":
        raise NetworkError(f"{response.url}: sent with a content encoding that was not requested")
    partial.begin(headers)
    return int(headers["content-length"]) if "content-length" in headers else None
