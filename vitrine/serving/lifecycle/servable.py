"""A loaded version of a model, closed once it is retired and its last request is answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.saved_model.session import Batch, SavedModelSession, Signature, loading_error
from vitrine.serving.lifecycle.warmup import warm_up

if TYPE_CHECKING:
    from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef


class Servable:
    """A loaded version of a model. Each request enters it and leaves it.

    Attributes:
        name: The model's name.
        version: The version's number.
        closed: Set once the memory of the version is freed.
    """

    def __init__(self, name: str, version: int, model: SavedModelSession) -> None:
        self.name = name
        self.version = version
        self.closed = threading.Event()
        self._model = model
        self._lock = threading.Lock()
        self._requests = 0
        self._retired = False

    @classmethod
    def load(
        cls, name: str, version: int, directory: Path, timeout_seconds: float | None = None, batch: Batch | None = None
    ) -> Servable:
        """Load the SavedModel in `directory` and run its warm-up requests.

        A call may take `timeout_seconds`, by default without a limit. `batch` merges concurrent calls.

        Raises:
            ApiError: The model or its warm-up requests cannot be read or run.
        """
        model = SavedModelSession(directory, timeout_seconds, batch)
        try:
            warm_up(model, directory)
        except Exception as error:
            model.close()
            raise loading_error(error, directory) from error
        return cls(name, version, model)

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The signatures by name."""
        return self._model.signatures

    @property
    def meta_graph(self) -> MetaGraphDef:
        """The SavedModel's `MetaGraphDef`."""
        return self._model.meta_graph

    def signature(self, name: str) -> Signature:
        """Return the signature `name`.

        Raises:
            ApiError: INVALID_ARGUMENT when the model has no signature of that name.
        """
        return self._model.signature(name)

    def enter(self) -> bool:
        """Count a request in, which must `leave`, and return True; return False if the version is retired."""
        with self._lock:
            if not self._retired:
                self._requests += 1
            return not self._retired

    def leave(self) -> None:
        """Count a request out. The last request of a retired version closes it."""
        with self._lock:
            self._requests -= 1
            last = self._retired and self._requests == 0
        if last:
            self._close()

    def retire(self) -> None:
        """Accept no more requests, and close once the running ones are answered."""
        with self._lock:
            self._retired = True
            idle = self._requests == 0
        if idle:
            self._close()

    def _close(self) -> None:
        if not self.closed.is_set():
            self._model.close()
            self.closed.set()


@contextmanager
def using(servable: Servable) -> Iterator[Servable]:
    """Yield a servable that was entered, and leave it afterwards."""
    try:
        yield servable
    finally:
        servable.leave()
