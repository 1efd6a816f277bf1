"""Return of freed memory to the kernel in a local run, whose nodes share a process."""

import ctypes
import gc
import logging
import os
import sys
from typing import Final

from pipelines.node_messages import STARTED, NodeMessages

SYSTEM_ALLOCATOR: Final = "TF_ONEDNN_USE_SYSTEM_ALLOCATOR"
_MMAP_THRESHOLD: Final = -3
"""The parameter of mallopt(3) for the size from which a block has pages of its own, which go back when it is freed."""
_LARGE: Final = 1 << 20


def use_system_allocator() -> None:
    """Make TensorFlow allocate from the system, which it does if this is called before TensorFlow is imported.

    By default it keeps every block above 256 KiB that it has ever used, such as the vectors of a search model, for
    allocations of its own. An environment that says otherwise is left as it is.
    """
    os.environ.setdefault(SYSTEM_ALLOCATOR, "1")
    # Left alone, glibc raises the threshold to 32 MiB, and what is freed lies between blocks that are in use.
    _libc("mallopt", _MMAP_THRESHOLD, _LARGE)


class ReleasedMemory(NodeMessages):
    """Log handler and context manager that releases what earlier nodes left, when a node starts.

    The nodes of a local run share a process. Beam's pipelines and Keras' models are cycles, which are only freed when
    Python looks for them, and glibc keeps what was freed for the next allocation of that size.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Release memory if the record says that a node starts."""
        if record.msg == STARTED:
            release_memory()


def release_memory() -> None:
    """Find cycles that are no longer used, and give what is free back to the system."""
    gc.collect()
    _libc("malloc_trim", 0)


def _libc(name: str, *arguments: int) -> None:
    """Call a function of glibc; other C libraries have none of that name."""
    if sys.platform == "linux" and (function := getattr(ctypes.CDLL(None), name, None)) is not None:
        function(*arguments)
