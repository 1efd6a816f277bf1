"""Polling of model servers until they have applied the configuration file."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from tenacity import RetryError, Retrying, retry_if_exception_type, retry_if_result, wait_fixed

from vitrine.errors import NetworkError, RefusedError
from vitrine.serving.release.server_client import ModelServer, has_failed
from vitrine.serving_client.rest import Status

_POLL_SECONDS: Final = 0.2
_POLLING_HINT: Final = (
    "does it poll the file? TF Serving: --model_config_file_poll_wait_seconds, `vitrine serve`: "
    "--model-config-file-poll-wait-seconds"
)


def wait_until_available(server: ModelServer, version: int, before: Mapping[int, Status], deadline: float) -> None:
    """Wait until `version` is AVAILABLE.

    Args:
        server: The server.
        version: The version.
        before: The statuses of the server's versions before the release. An earlier error counts only at the deadline,
            since the version may have been repaired.
        deadline: The end of the wait, by `time.monotonic`.

    Raises:
        RefusedError: The version does not load.
        NetworkError: The deadline has passed, or the server does not respond.
    """
    earlier = before.get(version)
    last: Status | None = None

    def is_available() -> bool:
        nonlocal earlier, last
        last = server.statuses().get(version)
        if last and last != earlier:
            earlier = None
            if has_failed(last):
                raise _load_error(server, version, last)
        return last is not None and last.state == "AVAILABLE"

    try:
        _poll(is_available, deadline, f"{server.url} does not serve version {version} in time; {_POLLING_HINT}")
    except NetworkError:
        if last and has_failed(last):
            raise _load_error(server, version, last) from None
        raise


def _load_error(server: ModelServer, version: int, status: Status) -> RefusedError:
    return RefusedError(f"version {version} does not load at {server.url}: {status.code}: {status.message}")


def wait_until_labelled(server: ModelServer, label: str, version: int, deadline: float) -> None:
    """Wait until `label` stands for `version` at the server.

    Raises:
        NetworkError: The deadline has passed, or the server does not respond.
    """
    message = f"{server.url} does not give label {label} to version {version} in time; its log may say why"
    _poll(lambda: server.labelled(label) == version, deadline, message)


def _poll(is_done: Callable[[], bool], deadline: float, message: str) -> None:
    polls = Retrying(
        # A server that does not respond may come back.
        retry=retry_if_result(lambda result: not result) | retry_if_exception_type(NetworkError),
        wait=wait_fixed(_POLL_SECONDS),
        stop=lambda _: time.monotonic() > deadline,
    )
    try:
        polls(is_done)
    except RetryError as error:
        failure = error.last_attempt.exception()
        raise NetworkError(f"{message} ({failure})" if failure else message) from None


def read_statuses(servers: Iterable[ModelServer], model: str) -> dict[str, dict[int, Status]]:
    """Return the statuses of the versions of `model` by server URL.

    Raises:
        NetworkError: A server does not respond, or does not know `model`.
    """
    statuses = {server.url: server.statuses() for server in servers}
    for url, versions in statuses.items():
        if not versions:
            raise NetworkError(f"{url} knows no model {model}; is it the server of this file?")
    return statuses
