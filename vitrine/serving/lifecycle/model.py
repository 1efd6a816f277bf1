"""One model: its loaded versions, the state of each version seen, and its labels."""

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
"""Seconds before a version that failed to load is tried again, unless its file changes."""

_MAX_PAST_STATUSES: Final = 20
"""Number of unloaded versions of a model that its status lists."""

_log = logging.getLogger(__name__)

Load = Callable[[str, int, Path], Servable]
"""A function that loads a version, given the model's name, the number and the directory. Raises ApiError."""


@dataclass(frozen=True)
class VersionStatus:
    """A version's state (START, LOADING, AVAILABLE, UNLOADING or END) and the error that ended it."""

    state: str
    code: Code | None = None
    message: str = ""


@dataclass
class _Failure:
    fingerprint: tuple[int, ...]
    retry_at: float


class Model:
    """The versions of one model. Any thread may read; one thread at a time may call `apply_policy` and `unload_all`."""

    def __init__(self, name: str, load: Load, metrics: Metrics, unload_seconds: float) -> None:
        """Start with nothing loaded.

        Args:
            name: The model's name in requests.
            load: The function that loads a version.
            metrics: The metrics that count loads.
            unload_seconds: Seconds to wait for the requests of a version that is unloaded.
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
        """Return a loaded version, by number, by label or the highest, entered for one request.

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
        """Return the loaded versions in ascending order."""
        with self._lock:
            return [servable for _, servable in sorted(self._loaded.items())]

    def statuses(self) -> dict[int, VersionStatus]:
        """Return the state of each version seen."""
        with self._lock:
            return dict(self._statuses)

    def serves(self, version: int) -> bool:
        """Return whether `version` is loaded."""
        return version in self._loaded

    def labels(self) -> Mapping[str, int]:
        """Return the version of each label."""
        return self._labels

    def set_labels(self, labels: Mapping[str, int]) -> None:
        """Replace the labels."""
        with self._lock:
            self._labels = labels

    def apply_policy(self, policy: Policy, available: Mapping[int, Path]) -> None:
        """Load and unload versions until those serve that `policy` selects among the `available` ones on disk.

        A version that failed to load counts as unavailable for a while. If no wanted version is available, the loaded
        ones stay.
        """
        while True:
            usable = [
                version
                for version, directory in available.items()
                if version in self._loaded or not self._failed_recently(version, directory)
            ]
            wanted = aspired(policy, usable)
            action = next_action(self._loaded.keys(), wanted)
            if action is None or not wanted:
                return
            if action.verb == "load":
                self._load(action.version, available[action.version])
            else:
                self._unload(action.version)

    def unload_all(self) -> None:
        """Unload every version and remove the labels."""
        self.set_labels({})
        for servable in self.loaded():
            self._unload(servable.version)

    def _failed_recently(self, version: int, directory: Path) -> bool:
        failure = self._failures.get(version)
        return (
            failure is not None
            and failure.fingerprint == fingerprint(directory)
            and time.monotonic() < failure.retry_at
        )

    def _load(self, version: int, directory: Path) -> None:
        loaded_fingerprint = fingerprint(directory)
        self._set_status(version, VersionStatus("LOADING"))
        started = time.perf_counter()
        try:
            servable = self._load_version(self.name, version, directory)
        except ApiError as error:
            self._metrics.load(str(directory), False, time.perf_counter() - started)
            _log.error("%s version %d did not load: %s", self.name, version, error.message)
            self._failures[version] = _Failure(loaded_fingerprint, time.monotonic() + RETRY_SECONDS)
            self._set_status(version, VersionStatus("END", error.code, error.message))
            return
        self._metrics.load(str(directory), True, time.perf_counter() - started)
        self._failures.pop(version, None)
        with self._lock:
            self._loaded[version] = servable
        self._set_status(version, VersionStatus("AVAILABLE"))
        _log.info("%s version %d is serving", self.name, version)

    def _unload(self, version: int) -> None:
        with self._lock:
            servable = self._loaded.pop(version)
        self._set_status(version, VersionStatus("UNLOADING"))
        servable.retire()
        # Requests time out, so this ends. Waiting bounds memory to the serving versions and one more.
        servable.closed.wait(self._unload_seconds)
        _release_memory()
        self._set_status(version, VersionStatus("END"))
        _log.info("%s version %d is unloaded", self.name, version)

    def _set_status(self, version: int, status: VersionStatus) -> None:
        with self._lock:
            self._statuses[version] = status
            for past in sorted(self._statuses.keys() - self._loaded.keys())[:-_MAX_PAST_STATUSES]:
                del self._statuses[past]


def unknown_label(label: str) -> ApiError:
    """Return the error for a label that no version has."""
    return invalid(f"Unrecognized servable version label: {label}")


def not_found(model: str, version: int | None) -> ApiError:
    """Return the error for a version, or the highest version, that is not loaded."""
    request = f"Latest({model})" if version is None else f"Specific({model}, {version})"
    return ApiError("NOT_FOUND", f"Servable not found for request: {request}")


def _release_memory() -> None:
    """Free what an unloaded version leaves behind: reference cycles in Python, and free pages that glibc keeps."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
