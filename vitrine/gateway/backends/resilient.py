"""A backend with retries, one deadline for all attempts, and a circuit breaker."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from vitrine.gateway.backends.backend import RemoteBackend
from vitrine.gateway.settings import Remote
from vitrine.resilience.circuit_breaker import CircuitBreaker, CircuitOpenError
from vitrine.saved_model.arrays import Inputs, Outputs
from vitrine.saved_model.status import ApiError

T = TypeVar("T")

_BACKEND_FAULTS: Final = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"})
"""Error codes that count as faults of the server. A model that fails on one input must not block other requests."""


class ResilientBackend:
    """A `RemoteBackend` with retries, one deadline for all attempts, and a circuit breaker."""

    def __init__(self, backend: RemoteBackend, settings: Remote) -> None:
        self._backend = backend
        self._settings = settings
        self._breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_seconds, _is_servers_fault)

    async def versions(self) -> list[int]:
        """Return the loaded versions; see `Backend.versions`."""
        return await self._try(self._backend.versions)

    async def signatures(self, version: int) -> frozenset[str]:
        """Return the names of a version's signatures."""
        return await self._try(lambda seconds: self._backend.signatures(version, seconds))

    async def call(self, version: int, signature: str, inputs: Inputs) -> Outputs:
        """Return the outputs of a signature. Searches have no side effects, so a retry is safe."""
        return await self._try(lambda seconds: self._backend.call(version, signature, inputs, seconds))

    async def _try(self, ask: Callable[[float], Awaitable[T]]) -> T:
        try:
            with self._breaker.guard():
                return await self._in_time(ask)
        except CircuitOpenError as error:
            # In the words of the last failure: they are the reason, and a log that tells changes stays quiet.
            raise ApiError("UNAVAILABLE", str(error)) from None

    async def _in_time(self, ask: Callable[[float], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._settings.timeout_seconds) as timeout:
                deadline = timeout.when() or 0.0
                return await self._repeatedly(lambda: ask(deadline - asyncio.get_running_loop().time()))
        except TimeoutError:
            raise ApiError("DEADLINE_EXCEEDED", "the model server did not answer in time") from None

    async def _repeatedly(self, ask: Callable[[], Awaitable[T]]) -> T:
        attempts = AsyncRetrying(
            stop=stop_after_attempt(self._settings.attempts),
            wait=wait_random_exponential(multiplier=0.05, max=0.5),
            retry=retry_if_exception(lambda error: isinstance(error, ApiError) and error.code == "UNAVAILABLE"),
            reraise=True,
        )
        return await attempts(ask)

    async def close(self) -> None:
        """Release the backend's connections."""
        await self._backend.close()


def _is_servers_fault(error: Exception) -> bool:
    return isinstance(error, ApiError) and error.code in _BACKEND_FAULTS
