"""A rate limit for warnings that repeat."""

import logging
import threading
import time
from typing import Final

SECONDS: Final = 60.0


class RareWarning:
    """A warning that is logged at most once a minute, with the number of suppressed ones. It is thread-safe."""

    def __init__(self, logger: logging.Logger, seconds: float = SECONDS) -> None:
        self._logger = logger
        self._seconds = seconds
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._suppressed = 0

    def __call__(self, message: str, error: BaseException) -> None:
        """Log `message` and the first line of `error`, or count a suppressed warning."""
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                self._suppressed += 1
                return
            self._next, suppressed, self._suppressed = now + self._seconds, self._suppressed, 0
        note = f" ({suppressed} more of these warnings since the last one)" if suppressed else ""
        reason = str(error).split("\n", 1)[0] or type(error).__name__
        self._logger.warning("%s: %s%s", message, reason, note)
