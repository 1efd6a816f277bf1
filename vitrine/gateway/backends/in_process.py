"""A backend that runs SavedModels in this process."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from vitrine.saved_model.arrays import Inputs, Outputs
from vitrine.saved_model.status import ApiError
from vitrine.serving.lifecycle.manager import ServableManager
from vitrine.serving.lifecycle.servable import using


class InProcessBackend:
    """A model of `servables`, which the caller loads, refreshes and closes."""

    def __init__(self, servables: ServableManager, model: str) -> None:
        self._servables = servables
        self._model = model
        self._pool = ThreadPoolExecutor(4 * (os.cpu_count() or 1), thread_name_prefix="gateway")

    async def versions(self) -> list[int]:
        """Return the loaded versions."""
        return [servable.version for servable in self._servables.loaded() if servable.name == self._model]

    async def signatures(self, version: int) -> frozenset[str]:
        """Return the names of a version's signatures."""
        with using(self._servables.acquire(self._model, version)) as servable:
            return frozenset(servable.signatures)

    async def call(self, version: int, signature: str, inputs: Inputs) -> Outputs:
        """Run a signature in a worker thread."""
        return await self._in_thread(lambda: self._call(version, signature, inputs))

    def _call(self, version: int, signature: str, inputs: Inputs) -> Outputs:
        with using(self._servables.acquire(self._model, version)) as servable:
            return self._servables.metrics.timed(self._model, "Predict")(servable.signature(signature), inputs)

    async def _in_thread(self, work: Callable[[], Outputs]) -> Outputs:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except RuntimeError as error:  # the pool was shut down during the request
            raise ApiError("UNAVAILABLE", str(error)) from None

    async def close(self) -> None:
        """Accept no more calls."""
        self._pool.shutdown(wait=False)
