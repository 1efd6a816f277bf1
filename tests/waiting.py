"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable
from typing import Any, Final

HANG_SECONDS: Final = 300.0
"""What takes longer hangs, however busy the machine is. No test waits for a failure to be noticed by this limit."""


def wait_until(condition: Callable[[], object], explain: Callable[[], Any] = lambda: "it did not happen") -> None:
    """Ask again and again until `condition` holds; in the end fail with what `explain` says."""
    deadline = time.monotonic() + HANG_SECONDS
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)
