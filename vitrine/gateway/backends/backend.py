"""What the gateway needs of a model server."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy.typing as npt

from vitrine.saved_model.status import ApiError

Arrays = Mapping[str, npt.NDArray[Any]]


class Backend(Protocol):
    """One model. Every method raises ApiError: NOT_FOUND for a version that is not loaded, UNAVAILABLE where nothing
    answers, DEADLINE_EXCEEDED where it takes too long, INTERNAL for an answer that cannot be read, or what the model
    says of its inputs.
    """

    async def versions(self) -> list[int]:
        """The versions that are loaded, in any order; empty where there is no such model."""
        ...

    async def signatures(self, version: int) -> frozenset[str]:
        """The names of a version's signatures."""
        ...

    async def call(self, version: int, signature: str, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """The outputs of a signature by name. Strings are `bytes` in arrays of objects."""
        ...

    async def close(self) -> None:
        """Let go of connections and threads."""
        ...


class RemoteBackend(Protocol):
    """One attempt to ask a model server, which may take `seconds`. Errors are those of `Backend`."""

    async def versions(self, seconds: float) -> list[int]:
        """As `Backend.versions`."""
        ...

    async def signatures(self, version: int, seconds: float) -> frozenset[str]:
        """As `Backend.signatures`."""
        ...

    async def call(self, version: int, signature: str, inputs: Arrays, seconds: float) -> dict[str, npt.NDArray[Any]]:
        """As `Backend.call`."""
        ...

    async def close(self) -> None:
        """As `Backend.close`."""
        ...


def unreadable(error: Exception) -> ApiError:
    """INTERNAL: the server answered, but not what its API promises."""
    return ApiError("INTERNAL", f"the model server's answer cannot be read: {type(error).__name__}: {error}")
