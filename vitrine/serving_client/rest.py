"""A client of TensorFlow Serving's REST API."""

import base64
import json
from typing import Final, NamedTuple, TypeVar
from urllib.parse import quote

import httpx
import numpy as np
import orjson
from pydantic import AliasPath, BaseModel, Field, JsonValue, SkipValidation, ValidationError

from vitrine.saved_model.arrays import Array
from vitrine.saved_model.status import HTTP_STATUS, ApiError, Code

Body = TypeVar("Body", bound=BaseModel)

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


class _VersionStatus(BaseModel):
    version: int
    state: str
    code: str = Field(validation_alias=AliasPath("status", "error_code"))
    message: str = Field(validation_alias=AliasPath("status", "error_message"))


class _ModelStatus(BaseModel):
    model_version_status: list[_VersionStatus] = []


class _ModelSpec(BaseModel):
    version: int = Field(validation_alias=AliasPath("model_spec", "version"))


class _Signature(BaseModel):
    outputs: dict[str, object]


class _Metadata(BaseModel):
    signatures: dict[str, _Signature] = Field(validation_alias=AliasPath("metadata", "signature_def", "signature_def"))


class _Prediction(BaseModel):
    outputs: SkipValidation[JsonValue]


class RestClient:
    """A client of one model of the server at `url`. `seconds` is the timeout of each step of a call.

    Every call raises ApiError: UnreachableError, UnexpectedResponseError, or the error of the response.
    """

    def __init__(self, url: str, model: str) -> None:
        self._model = f"{url.rstrip('/')}/v1/models/{quote(model, safe='')}"
        self._client = httpx.AsyncClient(limits=_LIMITS, headers=_HEADERS)

    async def statuses(self, seconds: float) -> dict[int, Status]:
        """Return the status of each version that the server has seen. NOT_FOUND: it does not know the model."""
        body = await self._request(_ModelStatus, "GET", "", seconds)
        return {
            status.version: Status(status.state, status.code, status.message) for status in body.model_version_status
        }

    async def labelled(self, label: str, seconds: float) -> int:
        """Return the version that has `label`. NOT_FOUND or INVALID_ARGUMENT: none has it."""
        return (await self._request(_ModelSpec, "GET", f"/labels/{quote(label, safe='')}/metadata", seconds)).version

    async def outputs(self, version: int, seconds: float) -> dict[str, list[str]]:
        """Return the output names of each signature of a version."""
        body = await self._request(_Metadata, "GET", f"/versions/{version}/metadata", seconds)
        return {name: list(signature.outputs) for name, signature in body.signatures.items()}

    async def predict(self, version: int, signature: str, inputs: JsonValue, seconds: float) -> JsonValue:
        """Return the `outputs` of a predict request in column format, as JSON; a single output has no name."""
        content = orjson.dumps({"signature_name": signature, "inputs": inputs})
        return (await self._request(_Prediction, "POST", f"/versions/{version}:predict", seconds, content)).outputs

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _request(
        self, expected: type[Body], method: str, path: str, seconds: float, content: bytes | None = None
    ) -> Body:
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
            return _read(expected, body)
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


def _read(expected: type[Body], body: JsonValue) -> Body:
    try:
        return expected.model_validate(body)
    except ValidationError as error:
        fault = error.errors()[0]
        reason = f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        raise UnexpectedResponseError("INTERNAL", f"the model server's answer cannot be read: {reason}") from None


def column(array: Array) -> JsonValue:
    """Return an array as an input in column format; strings, `bytes` in an array of objects, as base64."""
    if array.dtype == object:
        encoded = [{"b64": base64.b64encode(string).decode()} for string in array.ravel().tolist()]
        array = np.array(encoded, dtype=object).reshape(array.shape)
    values: JsonValue = array.tolist()
    return values
