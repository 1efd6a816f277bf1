"""Warnings that repeat: once in a while is enough."""

import logging
import threading
import time
from typing import Final

SECONDS: Final = 60.0


class RareWarning:
    """Logs a warning at most once a minute, with how many were kept back. May be called from any thread."""

    def __init__(self, logger: logging.Logger, seconds: float = SECONDS) -> None:
        self._logger = logger
        self._seconds = seconds
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._silent = 0

    def __call__(self, message: str, error: BaseException) -> None:
        """Log `message` and the first line of `error`, or count it."""
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                self._silent += 1
                return
            self._next, silent, self._silent = now + self._seconds, self._silent, 0
        kept_back = f" ({silent} more of these warnings since the last one)" if silent else ""
        reason = str(error).split("\n", 1)[0] or type(error).__name__
        self._logger.warning("%s: %s%s", message, reason, kept_back)
