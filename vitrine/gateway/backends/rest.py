"""A backend that calls TensorFlow Serving over its REST API."""

import base64
import json
from collections.abc import Callable
from typing import Any, Final, TypeVar

import httpx
import numpy as np
import numpy.typing as npt
import orjson

from vitrine.gateway.backends.backend import Arrays, unreadable
from vitrine.saved_model.status import HTTP_STATUS, ApiError, Code

T = TypeVar("T")

_CODES: Final[dict[int, Code]] = {status: code for code, status in reversed(HTTP_STATUS.items())}
"""The first code of each status: 400 is INVALID_ARGUMENT."""
_LARGEST: Final = 64 * 2**20
"""Bytes of an answer."""


class RestBackend:
    """A model of the server at `url`: the version with `label`, or all versions."""

    def __init__(self, url: str, model: str, label: str | None = None) -> None:
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=30)
        # Packing costs more than a local network does, and would hide how large an answer is.
        self._client = httpx.AsyncClient(base_url=url, limits=limits, headers={"accept-encoding": "identity"})
        self._path = f"/v1/models/{model}"
        self._label = label
        self._outputs: dict[int, dict[str, list[str]]] = {}

    async def versions(self, seconds: float) -> list[int]:
        """Return the versions in state AVAILABLE, or the one with the label."""
        try:
            if self._label:
                metadata = await self._ask("GET", f"/labels/{self._label}/metadata", seconds)
                return _reading(lambda: [int(metadata["model_spec"]["version"])])
            body = await self._ask("GET", "", seconds)
        except ApiError as error:
            if error.code == "NOT_FOUND":
                return []
            raise
        return _reading(
            lambda: [int(one["version"]) for one in body["model_version_status"] if one["state"] == "AVAILABLE"]
        )

    async def signatures(self, version: int, seconds: float) -> frozenset[str]:
        """Return the signature names in the version's metadata."""
        return frozenset(await self._outputs_of(version, seconds))

    async def _outputs_of(self, version: int, seconds: float) -> dict[str, list[str]]:
        """Return the output names of each of a version's signatures; they are requested once."""
        if version not in self._outputs:
            body = await self._ask("GET", f"/versions/{version}/metadata", seconds)
            outputs = _reading(
                lambda: {
                    name: list(one["outputs"])
                    for name, one in body["metadata"]["signature_def"]["signature_def"].items()
                }
            )
            self._outputs = {version: outputs}
        return self._outputs[version]

    async def call(self, version: int, signature: str, inputs: Arrays, seconds: float) -> dict[str, npt.NDArray[Any]]:
        """Call predict with the inputs by column."""
        content = {"signature_name": signature, "inputs": {name: _written(array) for name, array in inputs.items()}}
        body = await self._ask("POST", f"/versions/{version}:predict", seconds, orjson.dumps(content))
        names = (await self._outputs_of(version, seconds)).get(signature, [])
        return _reading(lambda: _outputs(body["outputs"], names))

    async def _ask(self, method: str, path: str, seconds: float, content: bytes | None = None) -> Any:
        try:
            async with self._client.stream(method, self._path + path, content=content, timeout=seconds) as response:
                status, answered = response.status_code, await _read_all(response)
        except httpx.TimeoutException as error:
            raise ApiError("DEADLINE_EXCEEDED", f"the model server did not answer in time: {error!r}") from None
        except httpx.HTTPError as error:
            raise ApiError("UNAVAILABLE", f"the model server cannot be reached: {error!r}") from None
        try:
            body = json.loads(answered)  # not orjson: TF Serving writes NaN
        except (ValueError, RecursionError):
            raise ApiError("UNAVAILABLE", f"the model server answered {status} without JSON") from None
        if status >= 400:
            message = body.get("error", "") if isinstance(body, dict) else ""
            raise ApiError(_CODES.get(status, "UNKNOWN"), message or f"HTTP {status}")
        return body

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _read_all(response: httpx.Response) -> bytes:
    answered = bytearray()
    async for chunk in response.aiter_raw():
        answered += chunk
        if len(answered) > _LARGEST:
            raise ApiError("INTERNAL", f"the model server's answer is larger than {_LARGEST:,} bytes")
    return bytes(answered)


def _reading(read: Callable[[], T]) -> T:
    try:
        return read()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise unreadable(error) from None


def _outputs(value: Any, names: list[str]) -> dict[str, npt.NDArray[Any]]:
    # A single output comes without its name.
    outputs = {names[0]: value} if len(names) == 1 else {name: value[name] for name in names}
    return {name: _read(one) for name, one in outputs.items()}


def _written(array: npt.NDArray[Any]) -> Any:
    if array.dtype != object:
        return array.tolist()
    flat = [{"b64": base64.b64encode(one).decode()} for one in array.ravel()]
    return flat if array.ndim == 1 else np.array(flat, dtype=object).reshape(array.shape).tolist()


def _read(value: Any) -> npt.NDArray[Any]:
    array = np.array(value)
    if array.dtype.kind == "U":
        return np.char.encode(array, "utf-8").astype(object)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"an output is neither numbers nor strings but {array.dtype}")
    return array.astype(np.float32) if array.dtype.kind == "f" else array
