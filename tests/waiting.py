"""Waiting for other processes and threads."""

import time
from collections.abc import Callable
from typing import Any, Final

HANG_SECONDS: Final = 300.0
"""Time limit beyond which a test hangs, even on a busy machine. No test depends on reaching it."""


def wait_until(condition: Callable[[], object], explain: Callable[[], Any] = lambda: "it did not happen") -> None:
    """Wait until `condition` holds; after `HANG_SECONDS` fail with the result of `explain`."""
    deadline = time.monotonic() + HANG_SECONDS
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.02)
