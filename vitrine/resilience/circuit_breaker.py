"""A circuit breaker: calls are refused for a while after several have failed in a row.

The circuit breakers on PyPI that support asyncio (purgatory, pybreaker, circuitbreaker) let every call through while
half open, so that a server that has just come back meets all its clients at once.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class CircuitOpenError(Exception):
    """A call that was not made; the message is that of the last failure."""


class CircuitBreaker:
    """Open after `failures` failures in a row, for `seconds`; then one call is let through, which decides.

    For calls on one event loop, or in one thread.

    Attributes:
        failed_in_row: Failed calls since one succeeded.
    """

    def __init__(
        self,
        failures: int,
        seconds: float,
        is_failure: Callable[[Exception], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_failure` says of an error whether the callee is to blame, rather than this one call."""
        self.failed_in_row = 0
        self._allowed, self._seconds, self._is_failure, self._clock = failures, seconds, is_failure, clock
        self._opened = 0.0
        self._reason = ""
        self._deciding = False

    @property
    def is_open(self) -> bool:
        """Whether a call would be refused now: within `seconds` of the last failure, or while one call decides."""
        return self._has_tripped and (self._deciding or self._clock() < self._opened + self._seconds)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Let the block make a call, and count how it ends. A cancelled call counts as neither.

        Raises:
            CircuitOpenError: At once, while open.
        """
        if self.is_open:
            raise CircuitOpenError(self._reason)
        decides = self._has_tripped
        self._deciding = self._deciding or decides
        try:
            yield
            self.failed_in_row = 0
        except Exception as error:
            if self._is_failure(error):
                self.failed_in_row += 1
                self._opened, self._reason = self._clock(), str(error)
            else:
                self.failed_in_row = 0
            raise
        finally:
            if decides:
                self._deciding = False

    @property
    def _has_tripped(self) -> bool:
        return self.failed_in_row >= self._allowed
