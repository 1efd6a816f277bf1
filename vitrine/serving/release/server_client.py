"""What a release asks a model server, over TF Serving's REST API."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx

from vitrine.errors import NetworkError, RefusedError

_SECONDS: Final = 60.0
"""How long one answer may take: versions that load beside it keep a server busy."""


class Status(NamedTuple):
    """A version's state, and the error that ended it: code `OK` where none did."""

    state: str
    code: str
    message: str

    @property
    def failed(self) -> bool:
        """Whether an error ended it."""
        return self.state == "END" and self.code != "OK"


class ModelServer:
    """One model of a server. Every method raises NetworkError where the server does not answer as such."""

    def __init__(self, url: str, model: str) -> None:
        self.url = url.rstrip("/")
        self._model = f"{self.url}/v1/models/{quote(model, safe='')}"
        self._client = httpx.Client(timeout=_SECONDS)

    def statuses(self) -> dict[int, Status]:
        """The state of each version that the server has seen; empty where it does not know the model."""
        body = self._get(self._model)
        with self._understood():
            return {
                int(one["version"]): Status(one["state"], one["status"]["error_code"], one["status"]["error_message"])
                for one in body.get("model_version_status", [])
            }

    def labelled(self, label: str) -> int | None:
        """The version that answers for `label`; None where none does."""
        body = self._get(f"{self._model}/labels/{quote(label, safe='')}/metadata")
        with self._understood():
            return int(body["model_spec"]["version"]) if "model_spec" in body else None

    def predict(self, version: int, signature: str, inputs: Any) -> Any:
        """The `outputs` of a predict request by column.

        Raises:
            RefusedError: It was answered with an error.
        """
        request = {"signature_name": signature, "inputs": inputs}
        with self._answering():
            response = self._client.post(f"{self._model}/versions/{version}:predict", json=request)
        with self._understood():
            body = response.json()
            if response.status_code == httpx.codes.OK:
                return body["outputs"]
            raise RefusedError(f"version {version} answers {signature} with {response.status_code}: {body['error']}")

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _get(self, url: str) -> dict[str, Any]:
        """The answer, or nothing where what is asked for is not there."""
        with self._answering():
            response = self._client.get(url)
        with self._understood():
            body: dict[str, Any] = response.json()
            if response.status_code in (httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND) and "error" in body:
                return {}
            response.raise_for_status()
            return body

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NetworkError(f"{self.url} does not answer: {error or type(error).__name__}") from None

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError, httpx.HTTPStatusError):
            raise NetworkError(f"{self.url} does not answer as a model server does") from None
