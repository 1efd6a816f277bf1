"""Something done over and over in the background."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Periodic:
    """Calls `act` every `seconds`, first after that time, until it is stopped. What it raises is logged."""

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
        """Wait for a call under way, and make no other."""
        self._stop.set()
        self._thread.join()
