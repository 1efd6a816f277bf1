"""Imports of packages as large as TensorFlow, kept out of garbage collection."""

import contextlib
import gc
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def frozen_imports() -> Iterator[None]:
    """Disable garbage collection during the block, which imports large packages, and freeze all objects afterwards.

    Imports leave a million objects that are never freed. Scanning them again and again took a quarter of the import
    time and a fifth of a small run. If the packages were there already, nothing is frozen: each time it would keep what
    is garbage by then, such as models in reference cycles, for ever.
    """
    imported, was_enabled = len(sys.modules), gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > imported:
            gc.freeze()
        if was_enabled:
            gc.enable()
