"""TensorFlow Serving over its REST API."""

import base64
import json
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import orjson

from vitrine.gateway.backends.backend import Arrays
from vitrine.serving.errors import HTTP_STATUS, ApiError, Code

_CODES: dict[int, Code] = {status: code for code, status in reversed(HTTP_STATUS.items())}
"""The first code of each status: 400 is INVALID_ARGUMENT."""


class RestBackend:
    """A model of the server at `url`."""

    def __init__(self, url: str, model: str, timeout_seconds: float) -> None:
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=30)
        self._client = httpx.AsyncClient(base_url=url, timeout=timeout_seconds, limits=limits)
        self._path = f"/v1/models/{model}"
        self._outputs: dict[int, dict[str, list[str]]] = {}

    async def versions(self) -> list[int]:
        """The versions in state AVAILABLE."""
        try:
            body = await self._ask("GET", "")
        except ApiError as error:
            if error.code == "NOT_FOUND":
                return []
            raise
        return [int(one["version"]) for one in body["model_version_status"] if one["state"] == "AVAILABLE"]

    async def signatures(self, version: int) -> frozenset[str]:
        """The names in the version's metadata."""
        return frozenset(await self._outputs_of(version))

    async def _outputs_of(self, version: int) -> dict[str, list[str]]:
        """The names of the outputs of each of a version's signatures; asked for once."""
        if version not in self._outputs:
            body = await self._ask("GET", f"/versions/{version}/metadata")
            definitions = body["metadata"]["signature_def"]["signature_def"]
            self._outputs = {version: {name: list(one["outputs"]) for name, one in definitions.items()}}
        return self._outputs[version]

    async def call(self, version: int, signature: str, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """Predict by column."""
        content = {"signature_name": signature, "inputs": {name: _written(array) for name, array in inputs.items()}}
        body = await self._ask("POST", f"/versions/{version}:predict", orjson.dumps(content))
        names = (await self._outputs_of(version)).get(signature, [])
        # A single output comes without its name.
        outputs = {names[0]: body["outputs"]} if len(names) == 1 else body["outputs"]
        return {name: _read(value) for name, value in outputs.items()}

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> Any:
        try:
            response = await self._client.request(method, self._path + path, content=content)
        except httpx.TimeoutException as error:
            raise ApiError("DEADLINE_EXCEEDED", f"the model server did not answer in time: {error!r}") from None
        except httpx.HTTPError as error:
            raise ApiError("UNAVAILABLE", f"the model server cannot be reached: {error!r}") from None
        try:
            body = json.loads(response.content)  # not orjson: TF Serving writes NaN
        except ValueError:
            raise ApiError("UNAVAILABLE", f"the model server answered {response.status_code} without JSON") from None
        if response.is_error:
            message = body.get("error", "") if isinstance(body, dict) else ""
            raise ApiError(_CODES.get(response.status_code, "UNKNOWN"), message or f"HTTP {response.status_code}")
        return body

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _written(array: npt.NDArray[Any]) -> Any:
    if array.dtype != object:
        return array.tolist()
    flat = [{"b64": base64.b64encode(one).decode()} for one in array.ravel()]
    return flat if array.ndim == 1 else np.array(flat, dtype=object).reshape(array.shape).tolist()


def _read(value: Any) -> npt.NDArray[Any]:
    array = np.array(value)
    if array.dtype.kind == "U":
        return np.char.encode(array, "utf-8").astype(object)
    return array.astype(np.float32) if array.dtype.kind == "f" else array
