"""A function called periodically in a background thread."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class PeriodicFunction:
    """A background thread that calls `act` every `seconds` until it is stopped. Exceptions are logged."""

    def __init__(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        self._act = act
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._act()
            except Exception:
                _log.exception("%s failed; trying again", self._thread.name)

    def stop(self) -> None:
        """Wait for a running call to end, and make no other."""
        self._stop.set()
        self._thread.join()
