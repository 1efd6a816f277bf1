"""What tests do to a server: push a version, and wait for what follows."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path


def push(saved: Path, serving: Path, weight: int, version: int | str) -> Path:
    """Put the model that multiplies by `weight` in place as `version`, at once as a pusher does."""
    target = serving / "scale" / str(version)
    staging = serving / "scale" / f".pushing-{version}"
    shutil.copytree(saved / str(weight), staging)
    return staging.rename(target)


def eventually(check: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
