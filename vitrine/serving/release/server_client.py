"""The calls of a release to a model server."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from vitrine.errors import NetworkError, RefusedError
from vitrine.saved_model.status import ApiError
from vitrine.serving_client.rest import RestClient, Status, UnexpectedAnswerError, UnreachableError

T = TypeVar("T")

_SECONDS: Final = 60.0
"""How long one answer may take: versions that load beside it keep a server busy."""
_NOT_THERE: Final = frozenset({"NOT_FOUND", "INVALID_ARGUMENT"})
"""Error codes of an unknown model, and of a label that no version has."""


def has_failed(status: Status) -> bool:
    """Return whether an error ended the version."""
    return status.state == "END" and status.code != "OK"


class ModelServer:
    """One model of a server, called on an event loop of its own.

    Every method raises NetworkError if the server does not answer as a model server does.
    """

    def __init__(self, url: str, model: str) -> None:
        self.url = url.rstrip("/")
        self._client = RestClient(url, model)
        self._runner = asyncio.Runner()

    def statuses(self) -> dict[int, Status]:
        """Return the status of each version that the server has seen; none if it does not know the model."""
        try:
            return self._run(self._client.statuses(_SECONDS))
        except ApiError as error:
            if error.code in _NOT_THERE:
                return {}
            raise self._not_a_server() from None

    def labelled(self, label: str) -> int | None:
        """Return the version that has `label`, or None."""
        try:
            return self._run(self._client.labelled(label, _SECONDS))
        except ApiError as error:
            if error.code in _NOT_THERE:
                return None
            raise self._not_a_server() from None

    def predict(self, version: int, signature: str, inputs: Any) -> Any:
        """Return the `outputs` of a predict request in column format.

        Raises:
            RefusedError: The server answers with an error.
        """
        try:
            return self._run(self._client.predict(version, signature, inputs, _SECONDS))
        except ApiError as error:
            told = f"{error.status}: {error.message}"
            raise RefusedError(f"version {version} answers {signature} with {told}") from None

    def close(self) -> None:
        """Close its connections."""
        self._runner.run(self._client.close())
        self._runner.close()

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what `call` gives; raise ApiError for an error that the server answers with."""
        try:
            return self._runner.run(call)
        except UnreachableError as error:
            raise NetworkError(f"{self.url} does not answer: {error.reason}") from None
        except UnexpectedAnswerError:
            raise self._not_a_server() from None

    def _not_a_server(self) -> NetworkError:
        return NetworkError(f"{self.url} does not answer as a model server does")
