"""A circuit breaker, which refuses calls for a while after several consecutive failures.

The circuit breakers on PyPI that support asyncio (purgatory, pybreaker, circuitbreaker) let every call through while
half open, so that a server that has just come back meets all its clients at once.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class CircuitOpenError(Exception):
    """A refused call; the message is that of the last failure."""


class CircuitBreaker:
    """A breaker that opens after `failures` consecutive failures; after `seconds` one trial call decides.

    For calls on one event loop, or in one thread.

    Attributes:
        consecutive_failures: Failed calls since the last one that succeeded.
    """

    def __init__(
        self,
        failures: int,
        seconds: float,
        is_failure: Callable[[Exception], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a closed breaker; `is_failure` tells failures of the server from errors of a single call."""
        self.consecutive_failures = 0
        self._allowed, self._seconds, self._is_failure, self._clock = failures, seconds, is_failure, clock
        self._opened = 0.0
        self._reason = ""
        self._in_trial = False

    @property
    def is_open(self) -> bool:
        """True while calls are refused: within `seconds` of the last failure, and during the trial call."""
        return self._has_tripped and (self._in_trial or self._clock() < self._opened + self._seconds)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run the block's call, and count its outcome; a cancelled call has none.

        Raises:
            CircuitOpenError: The breaker is open; the block was not run.
        """
        if self.is_open:
            raise CircuitOpenError(self._reason)
        is_trial = self._has_tripped
        self._in_trial = self._in_trial or is_trial
        try:
            yield
            self.consecutive_failures = 0
        except Exception as error:
            if self._is_failure(error):
                self.consecutive_failures += 1
                self._opened, self._reason = self._clock(), str(error)
            else:
                self.consecutive_failures = 0
            raise
        finally:
            if is_trial:
                self._in_trial = False

    @property
    def _has_tripped(self) -> bool:
        return self.consecutive_failures >= self._allowed
