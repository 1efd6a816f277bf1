"""Importing packages as large as TensorFlow and TFX."""

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

ALLOCATIONS: Final = 20_000
"""So many new objects make Python look for garbage (by default 700): tracing a graph makes hundreds of thousands."""


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Import large packages: no garbage is looked for meanwhile, nor ever after among what they leave.

    They leave a million objects for good. To look through them again and again took a quarter of their import and a
    fifth of a small run.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(ALLOCATIONS, *gc.get_threshold()[1:])
        if collecting:
            gc.enable()
