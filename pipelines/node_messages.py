"""Log messages of LocalDagRunner, which has no hooks: a node starts, is found in the cache, or has finished."""

import logging
from types import TracebackType
from typing import Final, Self

STARTED: Final = "Component %s is running."
CACHED: Final = "A cached execution %d is used."
FINISHED: Final = "Component %s is finished."


class NodeMessages(logging.Handler):
    """Log handler that gets these messages while its context is open; a subclass has `emit`."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)

    def __enter__(self) -> Self:
        logging.getLogger("absl").addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger("absl").removeHandler(self)
