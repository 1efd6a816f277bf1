"""Garbage collection around imports as large as TensorFlow's and TFX's."""

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

from vitrine.frozen_imports import frozen_imports

ALLOCATIONS: Final = 20_000
"""New objects that start a collection (by default 700): tracing a graph makes hundreds of thousands."""


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Disable garbage collection during the block, freeze what it imports, and collect more seldom afterwards."""
    with frozen_imports():
        yield
    gc.set_threshold(ALLOCATIONS, *gc.get_threshold()[1:])
