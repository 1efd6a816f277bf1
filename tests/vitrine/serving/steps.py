"""Steps of the server tests: push a version, and wait for a condition."""

import shutil
from pathlib import Path


def push(saved: Path, serving: Path, weight: int, version: int | str) -> Path:
    """Push the model that multiplies by `weight` as `version`, with a rename as the Pusher does."""
    target = serving / "scale" / str(version)
    staging = serving / "scale" / f".pushing-{version}"
    shutil.copytree(saved / str(weight), staging)
    return staging.rename(target)
