"""A backend that is tried again while it is away, within a deadline, and left alone once it has failed too often."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import numpy.typing as npt
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from vitrine.gateway.backends.backend import Arrays, Backend
from vitrine.gateway.settings import Remote
from vitrine.serving.errors import ApiError

T = TypeVar("T")

_ITS_FAULT: Final = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "UNKNOWN", "INTERNAL", "RESOURCE_EXHAUSTED"})
"""Errors that say something about the server and nothing about the request."""


class CircuitBreaker:
    """Open after `failures` failures in a row, for `seconds`; then one call is let through, which decides."""

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed, self._seconds, self._clock = failures, seconds, clock
        self._failures = 0
        self._retry_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls fail at once."""
        return self._failures >= self._allowed and self._clock() < self._retry_at

    def before(self) -> None:
        """Raise UNAVAILABLE while open; else, if it was, let this one call through and no other."""
        if self._failures < self._allowed:
            return
        if self.is_open:
            raise ApiError("UNAVAILABLE", "the model server failed too often and is left alone for a moment")
        self._retry_at = self._clock() + self._seconds

    def after(self, failed: bool) -> None:
        """Count how a call ended."""
        self._failures = self._failures + 1 if failed else 0
        if failed:
            self._retry_at = self._clock() + self._seconds


class ResilientBackend:
    """`backend` with retries, a deadline for all of them together, and a circuit breaker."""

    def __init__(self, backend: Backend, settings: Remote) -> None:
        self._backend = backend
        self._settings = settings
        self.breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_seconds)

    async def versions(self) -> list[int]:
        """As the backend's."""
        return await self._try(self._backend.versions)

    async def signatures(self, version: int) -> frozenset[str]:
        """As the backend's."""
        return await self._try(lambda: self._backend.signatures(version))

    async def call(self, version: int, signature: str, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """As the backend's. Searches change nothing, so that trying again is safe."""
        return await self._try(lambda: self._backend.call(version, signature, inputs))

    async def _try(self, ask: Callable[[], Awaitable[T]]) -> T:
        self.breaker.before()
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                answer = await self._repeatedly(ask)
        except TimeoutError:
            self.breaker.after(failed=True)
            raise ApiError("DEADLINE_EXCEEDED", "the model server did not answer in time") from None
        except ApiError as error:
            self.breaker.after(failed=error.code in _ITS_FAULT)
            raise
        self.breaker.after(failed=False)
        return answer

    async def _repeatedly(self, ask: Callable[[], Awaitable[T]]) -> T:
        attempts = AsyncRetrying(
            stop=stop_after_attempt(self._settings.attempts),
            wait=wait_random_exponential(multiplier=0.05, max=0.5),
            retry=retry_if_exception(lambda error: isinstance(error, ApiError) and error.code == "UNAVAILABLE"),
            reraise=True,
        )
        return await attempts(ask)

    async def close(self) -> None:
        """As the backend's."""
        await self._backend.close()
