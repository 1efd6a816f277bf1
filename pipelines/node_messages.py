"""Log messages of LocalDagRunner, which has no hooks: a node starts, is found in the cache, or has finished."""

from typing import Final

STARTED: Final = "Component %s is running."
CACHED: Final = "A cached execution %d is used."
FINISHED: Final = "Component %s is finished."
