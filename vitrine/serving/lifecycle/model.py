"""One model: the versions of it that are loaded, the state of those that were seen, and its labels."""

import ctypes
import gc
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vitrine.saved_model.status import ApiError, Code, invalid
from vitrine.serving.config.version_policy import Policy, aspired, next_action
from vitrine.serving.lifecycle.discovery import fingerprint
from vitrine.serving.lifecycle.servable import Servable
from vitrine.serving.monitoring import Metrics

RETRY_SECONDS: Final = 60.0
"""How long a version that failed to load is left alone, unless its file changes."""

_REMEMBERED: Final = 20
"""How many past versions of a model its status lists."""

_log = logging.getLogger(__name__)

Load = Callable[[str, int, Path], Servable]
"""Loads a version: its model's name, its number and its directory. Raises ApiError."""


@dataclass(frozen=True)
class VersionStatus:
    """A version's state, one of START, LOADING, AVAILABLE, UNLOADING and END, and the error that ended it."""

    state: str
    code: Code | None = None
    message: str = ""


@dataclass
class _Failure:
    fingerprint: tuple[int, ...]
    retry_at: float


class Model:
    """The versions of one model. Any thread may ask; one at a time may `follow` and `drop`."""

    def __init__(self, name: str, load: Load, metrics: Metrics, unload_seconds: float) -> None:
        """Start with nothing loaded.

        Args:
            name: What it is asked for by.
            load: Loads a version.
            metrics: Where loads are counted.
            unload_seconds: How long to wait for the requests of a version that is unloaded.
        """
        self.name = name
        self._load_version = load
        self._metrics = metrics
        self._unload_seconds = unload_seconds
        self._lock = threading.Lock()
        self._loaded: dict[int, Servable] = {}
        self._labels: Mapping[str, int] = {}
        self._statuses: dict[int, VersionStatus] = {}
        self._failures: dict[int, _Failure] = {}

    def acquire(self, version: int | None, label: str | None) -> Servable:
        """A loaded version, by number, by label or the highest, entered for one request.

        Raises:
            ApiError: NOT_FOUND when it is not loaded, INVALID_ARGUMENT for a label that no version has.
        """
        with self._lock:
            if label is not None:
                if label not in self._labels:
                    raise unknown_label(label)
                version = self._labels[label]
            wanted = max(self._loaded, default=None) if version is None else version
            servable = self._loaded.get(wanted) if wanted is not None else None
            if servable and servable.enter():
                return servable
        raise not_found(self.name, version)

    def loaded(self) -> list[Servable]:
        """What is loaded, by version."""
        with self._lock:
            return [servable for _, servable in sorted(self._loaded.items())]

    def statuses(self) -> dict[int, VersionStatus]:
        """The state of each version that was seen."""
        with self._lock:
            return dict(self._statuses)

    def serves(self, version: int) -> bool:
        """Whether `version` is loaded."""
        return version in self._loaded

    def labels(self) -> Mapping[str, int]:
        """The labels and the versions they stand for."""
        return self._labels

    def label(self, labels: Mapping[str, int]) -> None:
        """Replace the labels."""
        with self._lock:
            self._labels = labels

    def follow(self, policy: Policy, found: Mapping[int, Path]) -> None:
        """Load and unload until the versions that `policy` wants of those `found` serve, as far as they load.

        A version that does not load counts as not found for a while. Where nothing wanted is found, what is loaded
        stays.
        """
        while True:
            usable = [version for version in found if version in self._loaded or not self._failed(version, found)]
            wanted = aspired(policy, usable)
            action = next_action(self._loaded.keys(), wanted)
            if action is None or not wanted:
                return
            if action.verb == "load":
                self._load(action.version, found[action.version])
            else:
                self._unload(action.version)

    def drop(self) -> None:
        """Unload everything and forget the labels."""
        self.label({})
        for servable in self.loaded():
            self._unload(servable.version)

    def _failed(self, version: int, found: Mapping[int, Path]) -> bool:
        failure = self._failures.get(version)
        return (
            failure is not None
            and failure.fingerprint == fingerprint(found[version])
            and time.monotonic() < failure.retry_at
        )

    def _load(self, version: int, directory: Path) -> None:
        before = fingerprint(directory)
        self._set(version, VersionStatus("LOADING"))
        started = time.perf_counter()
        try:
            servable = self._load_version(self.name, version, directory)
        except ApiError as error:
            self._metrics.load(str(directory), False, time.perf_counter() - started)
            _log.error("%s version %d did not load: %s", self.name, version, error.message)
            self._failures[version] = _Failure(before, time.monotonic() + RETRY_SECONDS)
            self._set(version, VersionStatus("END", error.code, error.message))
            return
        self._metrics.load(str(directory), True, time.perf_counter() - started)
        self._failures.pop(version, None)
        with self._lock:
            self._loaded[version] = servable
        self._set(version, VersionStatus("AVAILABLE"))
        _log.info("%s version %d is serving", self.name, version)

    def _unload(self, version: int) -> None:
        with self._lock:
            servable = self._loaded.pop(version)
        self._set(version, VersionStatus("UNLOADING"))
        servable.retire()
        # Requests time out, so this ends; waiting here keeps what is in memory to what serves and one version more.
        servable.closed.wait(self._unload_seconds)
        _give_memory_back()
        self._set(version, VersionStatus("END"))
        _log.info("%s version %d is unloaded", self.name, version)

    def _set(self, version: int, status: VersionStatus) -> None:
        with self._lock:
            self._statuses[version] = status
            for past in sorted(self._statuses.keys() - self._loaded.keys())[:-_REMEMBERED]:
                del self._statuses[past]


def unknown_label(label: str) -> ApiError:
    """What is answered to a request for a label that no version has."""
    return invalid(f"Unrecognized servable version label: {label}")


def not_found(model: str, version: int | None) -> ApiError:
    """What is answered to a request for a version, or for the highest, that is not loaded."""
    request = f"Latest({model})" if version is None else f"Specific({model}, {version})"
    return ApiError("NOT_FOUND", f"Servable not found for request: {request}")


def _give_memory_back() -> None:
    """Free what an unloaded version leaves: reference cycles in Python, and freed pages that glibc would keep."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
