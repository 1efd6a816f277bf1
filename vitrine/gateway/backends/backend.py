"""The interface between the gateway and a model server."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from vitrine.saved_model.arrays import Inputs, Outputs
from vitrine.saved_model.status import ApiError


class Backend(Protocol):
    """One model.

    Every method raises ApiError: NOT_FOUND for a version that is not loaded, UNAVAILABLE if the server cannot be
    reached, DEADLINE_EXCEEDED if it takes too long, INTERNAL for an answer that cannot be read, or the model's own
    error for its inputs.
    """

    async def versions(self) -> list[int]:
        """Return the loaded versions in any order; empty if there is no such model."""
        ...

    async def signatures(self, version: int) -> frozenset[str]:
        """Return the names of a version's signatures."""
        ...

    async def call(self, version: int, signature: str, inputs: Inputs) -> Outputs:
        """Return the outputs of a signature by name. Strings are `bytes` in arrays of objects."""
        ...

    async def close(self) -> None:
        """Release connections and threads."""
        ...


class RemoteBackend(Protocol):
    """A model server, called once per method within `seconds`. Errors are those of `Backend`."""

    async def versions(self, seconds: float) -> list[int]:
        """Return the loaded versions; see `Backend.versions`."""
        ...

    async def signatures(self, version: int, seconds: float) -> frozenset[str]:
        """Return the names of a version's signatures."""
        ...

    async def call(self, version: int, signature: str, inputs: Inputs, seconds: float) -> Outputs:
        """Return the outputs of a signature by name; see `Backend.call`."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


def string_tensor(*values: str | bytes) -> npt.NDArray[np.object_]:
    """Return a tensor of strings, `bytes` objects [B]."""
    return np.array([value.encode() if isinstance(value, str) else value for value in values], dtype=object)


def unreadable(error: Exception) -> ApiError:
    """Return INTERNAL, for a server's answer that does not conform to its API."""
    return ApiError("INTERNAL", f"the model server's answer cannot be read: {type(error).__name__}: {error}")
