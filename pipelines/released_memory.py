"""Return of freed memory to the kernel between the nodes of a local run."""

import ctypes
import gc
import logging
import os
import sys
from types import TracebackType
from typing import Final, Self

from pipelines.node_messages import STARTED

SYSTEM_ALLOCATOR: Final = "TF_ONEDNN_USE_SYSTEM_ALLOCATOR"
"""TensorFlow's switch of the allocator of its kernels from oneDNN; read when TensorFlow is loaded."""


def use_system_allocator() -> None:
    """Let TensorFlow free memory to the kernel, unless the variable is set. Call it before TensorFlow is loaded.

    Its own allocator keeps all memory that was ever in use at once: 1.7 GB after a search model of 177,519 products.
    Encoding and search take as long with either.
    """
    os.environ.setdefault(SYSTEM_ALLOCATOR, "true")


class ReleasedMemory(logging.Handler):
    """Log handler and context manager that releases what earlier nodes left, when a node starts.

    The nodes of a local run share a process. Beam's pipelines and Keras' models are cycles, which are only freed when
    Python looks for them, and glibc keeps what was freed for the next allocation of that size.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)

    def __enter__(self) -> Self:
        logging.getLogger("absl").addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger("absl").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Release memory if the record says that a node starts."""
        if record.msg == STARTED:
            gc.collect()
            if sys.platform == "linux":
                trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
                if trim is not None:
                    trim(0)
