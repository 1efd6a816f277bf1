"""Waits until model servers have done what a file says."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from tenacity import RetryError, Retrying, retry_if_exception_type, retry_if_result, wait_fixed

from vitrine.errors import NetworkError, RefusedError
from vitrine.serving.release.server_client import ModelServer, has_failed
from vitrine.serving_client.rest import Status

_EVERY: Final = 0.2
"""Seconds between two looks."""
_READS_FILE: Final = (
    "does it read the file while it runs? TF Serving: --model_config_file_poll_wait_seconds, `vitrine serve`: "
    "--model-config-file-poll-wait-seconds"
)


def until_available(server: ModelServer, version: int, before: Mapping[int, Status], deadline: float) -> None:
    """Return once `version` is AVAILABLE.

    Args:
        server: The server.
        version: The version.
        before: What it said of its versions at first: an error that was there already is believed at the deadline
            only, since the version may be mended.
        deadline: When to give up, by `time.monotonic`.

    Raises:
        RefusedError: It does not load.
        NetworkError: It takes too long, or the server does not answer.
    """
    old = before.get(version)
    last: Status | None = None

    def available() -> bool:
        nonlocal old, last
        last = server.statuses().get(version)
        if last and last != old:
            old = None
            if has_failed(last):
                raise _does_not_load(server, version, last)
        return last is not None and last.state == "AVAILABLE"

    try:
        _until(available, deadline, f"{server.url} does not serve version {version} in time; {_READS_FILE}")
    except NetworkError:
        if last and has_failed(last):
            raise _does_not_load(server, version, last) from None
        raise


def _does_not_load(server: ModelServer, version: int, status: Status) -> RefusedError:
    return RefusedError(f"version {version} does not load at {server.url}: {status.code}: {status.message}")


def until_labelled(server: ModelServer, label: str, version: int, deadline: float) -> None:
    """Return once requests for `label` are answered by `version`.

    Raises:
        NetworkError: It takes too long, or the server does not answer.
    """
    message = f"{server.url} does not give label {label} to version {version} in time; its log may say why"
    _until(lambda: server.labelled(label) == version, deadline, message)


def _until(done: Callable[[], bool], deadline: float, message: str) -> None:
    looks = Retrying(
        # A server that does not answer may be back in a moment.
        retry=retry_if_result(lambda is_done: not is_done) | retry_if_exception_type(NetworkError),
        wait=wait_fixed(_EVERY),
        stop=lambda _: time.monotonic() > deadline,
    )
    try:
        looks(done)
    except RetryError as error:
        failure = error.last_attempt.exception()
        raise NetworkError(f"{message} ({failure})" if failure else message) from None


def first_look(servers: Iterable[ModelServer], model: str) -> dict[str, dict[int, Status]]:
    """The versions of each server, by its URL.

    Raises:
        NetworkError: One does not answer, or does not know `model`.
    """
    found = {server.url: server.statuses() for server in servers}
    for url, statuses in found.items():
        if not statuses:
            raise NetworkError(f"{url} knows no model {model}; is it the server of this file?")
    return found
