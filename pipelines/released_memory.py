"""Return of freed memory to the kernel between the nodes of a local run."""

import ctypes
import gc
import logging
import sys

from pipelines.node_messages import STARTED, NodeMessages


class ReleasedMemory(NodeMessages):
    """Log handler and context manager that releases what earlier nodes left, when a node starts.

    The nodes of a local run share a process. Beam's pipelines and Keras' models are cycles, which are only freed when
    Python looks for them, and glibc keeps what was freed for the next allocation of that size.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Release memory if the record says that a node starts."""
        if record.msg == STARTED:
            gc.collect()
            if sys.platform == "linux":
                trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
                if trim is not None:
                    trim(0)
