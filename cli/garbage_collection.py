"""Garbage collection around imports as large as TensorFlow's and TFX's."""

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

ALLOCATIONS: Final = 20_000
"""New objects that start a collection (by default 700): tracing a graph makes hundreds of thousands."""


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Disable garbage collection during the block, which imports large packages, and freeze all objects afterwards.

    Imports leave a million objects that are never freed. Scanning them again and again took a quarter of the import
    time and a fifth of a small run.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(ALLOCATIONS, *gc.get_threshold()[1:])
        if was_enabled:
            gc.enable()
