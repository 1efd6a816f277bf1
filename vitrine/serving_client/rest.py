"""A client of TensorFlow Serving's REST API."""

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote

import httpx
import orjson

from vitrine.saved_model.status import HTTP_STATUS, ApiError, Code

T = TypeVar("T")

_CODES: Final[dict[int, Code]] = {status: code for code, status in reversed(HTTP_STATUS.items())}
"""The first code of each status: 400 is INVALID_ARGUMENT."""
_MAX_BYTES: Final = 64 * 2**20
"""Bytes of the largest response that is read."""
_LIMITS: Final = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=30)
# Compression costs more than it saves on a local network, and would hide the size of a response.
_HEADERS: Final = {"accept-encoding": "identity"}


class UnreachableError(ApiError):
    """A call without a response: UNAVAILABLE without a connection, DEADLINE_EXCEEDED after the timeout.

    Attributes:
        reason: The message of the connection's error.
    """

    def __init__(self, code: Code, message: str, error: Exception) -> None:
        super().__init__(code, f"{message}: {error!r}")
        self.reason = str(error) or type(error).__name__


class UnexpectedResponseError(ApiError):
    """A response that no model server gives: not JSON, without the fields of its API, or too large."""


class Status(NamedTuple):
    """The state of a version, and the error that ended it; its code is `OK` without an error."""

    state: str
    code: str
    message: str


class RestClient:
    """A client of one model of the server at `url`. `seconds` is the timeout of each step of a call.

    Every call raises ApiError: UnreachableError, UnexpectedResponseError, or the error of the response.
    """

    def __init__(self, url: str, model: str) -> None:
        self._model = f"{url.rstrip('/')}/v1/models/{quote(model, safe='')}"
        self._client = httpx.AsyncClient(limits=_LIMITS, headers=_HEADERS)

    async def statuses(self, seconds: float) -> dict[int, Status]:
        """Return the status of each version that the server has seen. NOT_FOUND: it does not know the model."""
        body = await self._request("GET", "", seconds)
        return _read(
            lambda: {
                int(version["version"]): Status(
                    version["state"], version["status"]["error_code"], version["status"]["error_message"]
                )
                for version in body.get("model_version_status", [])
            }
        )

    async def labelled(self, label: str, seconds: float) -> int:
        """Return the version that has `label`. NOT_FOUND or INVALID_ARGUMENT: none has it."""
        body = await self._request("GET", f"/labels/{quote(label, safe='')}/metadata", seconds)
        return _read(lambda: int(body["model_spec"]["version"]))

    async def outputs(self, version: int, seconds: float) -> dict[str, list[str]]:
        """Return the output names of each signature of a version."""
        body = await self._request("GET", f"/versions/{version}/metadata", seconds)
        return _read(
            lambda: {
                name: list(signature["outputs"])
                for name, signature in body["metadata"]["signature_def"]["signature_def"].items()
            }
        )

    async def predict(self, version: int, signature: str, inputs: Any, seconds: float) -> Any:
        """Return the `outputs` of a predict request in column format, as JSON; a single output has no name."""
        content = orjson.dumps({"signature_name": signature, "inputs": inputs})
        body = await self._request("POST", f"/versions/{version}:predict", seconds, content)
        return _read(lambda: body["outputs"])

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _request(self, method: str, path: str, seconds: float, content: bytes | None = None) -> Any:
        try:
            async with self._client.stream(method, self._model + path, content=content, timeout=seconds) as response:
                status, response_body = response.status_code, await _read_all(response)
        except httpx.TimeoutException as error:
            raise UnreachableError("DEADLINE_EXCEEDED", "the model server did not answer in time", error) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnreachableError("UNAVAILABLE", "the model server cannot be reached", error) from None
        try:
            body = json.loads(response_body)  # not orjson: TF Serving writes NaN
        except (ValueError, RecursionError):
            raise UnexpectedResponseError("UNAVAILABLE", f"the model server answered {status} without JSON") from None
        if status < 400:
            return body
        code, message = _CODES.get(status, "UNKNOWN"), body.get("error") if isinstance(body, dict) else None
        if message:
            raise ApiError(code, str(message), status)
        raise UnexpectedResponseError(code, f"HTTP {status}", status)


async def _read_all(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > _MAX_BYTES:
            raise UnexpectedResponseError("INTERNAL", f"the model server's answer is larger than {_MAX_BYTES:,} bytes")
    return bytes(content)


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise UnexpectedResponseError("INTERNAL", f"the model server's answer cannot be read: {reason}") from None
