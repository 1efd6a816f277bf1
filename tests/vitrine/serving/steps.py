"""What tests do to a server."""

import shutil
from pathlib import Path


def push(saved: Path, serving: Path, weight: int, version: int | str) -> Path:
    """Put the model that multiplies by `weight` in place as `version`, at once as a pusher does."""
    target = serving / "scale" / str(version)
    staging = serving / "scale" / f".pushing-{version}"
    shutil.copytree(saved / str(weight), staging)
    return staging.rename(target)
