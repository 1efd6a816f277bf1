"""The calls of a release to a model server."""

import asyncio
from collections.abc import Coroutine
from typing import Final, TypeVar

from pydantic import JsonValue

from vitrine.errors import NetworkError, RefusedError
from vitrine.saved_model.status import ApiError
from vitrine.serving_client.rest import RestClient, Status, UnexpectedResponseError, UnreachableError

T = TypeVar("T")

_TIMEOUT_SECONDS: Final = 60.0
"""Time limit of a call; it is long because loading versions keeps a server busy."""
_UNKNOWN: Final = frozenset({"NOT_FOUND", "INVALID_ARGUMENT"})
"""Error codes of an unknown model, and of a label that no version has."""


def has_failed(status: Status) -> bool:
    """Return whether loading the version failed."""
    return status.state == "END" and status.code != "OK"


class ModelServer:
    """A synchronous client of one model of a server, with an event loop of its own.

    Every method raises NetworkError if the server does not respond as a model server does.
    """

    def __init__(self, url: str, model: str) -> None:
        self.url = url.rstrip("/")
        self._client = RestClient(url, model)
        self._runner = asyncio.Runner()

    def statuses(self) -> dict[int, Status]:
        """Return the status of each version that the server has seen; an empty dict if it does not know the model."""
        try:
            return self._run(self._client.statuses(_TIMEOUT_SECONDS))
        except ApiError as error:
            if error.code in _UNKNOWN:
                return {}
            raise self._not_a_server() from None

    def labelled(self, label: str) -> int | None:
        """Return the version that has `label`, or None."""
        try:
            return self._run(self._client.labelled(label, _TIMEOUT_SECONDS))
        except ApiError as error:
            if error.code in _UNKNOWN:
                return None
            raise self._not_a_server() from None

    def predict(self, version: int, signature: str, inputs: JsonValue) -> JsonValue:
        """Return the `outputs` of a predict request in column format.

        Raises:
            RefusedError: The server answers with an error.
        """
        try:
            return self._run(self._client.predict(version, signature, inputs, _TIMEOUT_SECONDS))
        except ApiError as error:
            response = f"{error.status}: {error.message}"
            raise RefusedError(f"version {version} answers {signature} with {response}") from None

    def close(self) -> None:
        """Close the connections."""
        self._runner.run(self._client.close())
        self._runner.close()

    def _run(self, call: Coroutine[object, None, T]) -> T:
        """Return the result of `call`. Raises ApiError for an error response."""
        try:
            return self._runner.run(call)
        except UnreachableError as error:
            raise NetworkError(f"{self.url} does not respond: {error.reason}") from None
        except UnexpectedResponseError:
            raise self._not_a_server() from None

    def _not_a_server(self) -> NetworkError:
        return NetworkError(f"{self.url} does not respond as a model server does")
