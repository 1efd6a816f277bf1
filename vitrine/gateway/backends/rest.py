"""A backend that calls TensorFlow Serving over its REST API."""

import numpy as np
from pydantic import JsonValue

from vitrine.gateway.backends.backend import unreadable
from vitrine.saved_model.arrays import Array, Inputs, Outputs
from vitrine.saved_model.status import ApiError
from vitrine.serving_client.rest import RestClient, column


class RestBackend:
    """A model of the server at `url`: the version with `label`, or all versions."""

    def __init__(self, url: str, model: str, label: str | None = None) -> None:
        self._client = RestClient(url, model)
        self._label = label
        self._outputs: dict[int, dict[str, list[str]]] = {}

    async def versions(self, seconds: float) -> list[int]:
        """Return the versions in state AVAILABLE, or the one with the label."""
        try:
            if self._label:
                return [await self._client.labelled(self._label, seconds)]
            statuses = await self._client.statuses(seconds)
        except ApiError as error:
            if error.code == "NOT_FOUND":
                return []
            raise
        return [version for version, status in statuses.items() if status.state == "AVAILABLE"]

    async def signatures(self, version: int, seconds: float) -> frozenset[str]:
        """Return the signature names in the version's metadata."""
        return frozenset(await self._outputs_of(version, seconds))

    async def _outputs_of(self, version: int, seconds: float) -> dict[str, list[str]]:
        """Return the output names of each of a version's signatures; they are requested once."""
        if version not in self._outputs:
            self._outputs = {version: await self._client.outputs(version, seconds)}
        return self._outputs[version]

    async def call(self, version: int, signature: str, inputs: Inputs, seconds: float) -> Outputs:
        """Call predict with the inputs by column."""
        columns = {name: column(array) for name, array in inputs.items()}
        value = await self._client.predict(version, signature, columns, seconds)
        names = (await self._outputs_of(version, seconds)).get(signature, [])
        try:
            return _outputs(value, names)
        except (KeyError, TypeError, ValueError) as error:
            raise unreadable(error) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _outputs(value: JsonValue, names: list[str]) -> Outputs:
    if len(names) == 1:  # a single output comes without its name
        return {names[0]: _read(value)}
    if not isinstance(value, dict):
        raise TypeError(f"no names of {len(names)} outputs")
    return {name: _read(value[name]) for name in names}


def _read(value: JsonValue) -> Array:
    array = np.array(value)
    if array.dtype.kind == "U":
        return np.char.encode(array, "utf-8").astype(object)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"an output is neither numbers nor strings but {array.dtype}")
    return array.astype(np.float32) if array.dtype.kind == "f" else array
