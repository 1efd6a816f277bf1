"""What the gateway needs of a model server."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]


class Backend(Protocol):
    """One model. Every method raises ApiError: NOT_FOUND for a version that is not loaded, UNAVAILABLE where nothing
    answers, DEADLINE_EXCEEDED where it takes too long, or what the model says of its inputs.
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
