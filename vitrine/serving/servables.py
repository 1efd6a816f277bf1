"""All models of a serving directory: the newest version of each, swapped for newer ones while requests go on."""

import ctypes
import gc
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vitrine.serving.discovery import find_models, fingerprint
from vitrine.serving.errors import ApiError, Code, invalid
from vitrine.serving.metrics import Entrypoint, Metrics
from vitrine.serving.servable import Servable

RETRY_SECONDS: Final = 60.0
"""How long a version that failed to load is left alone, unless its file changes."""

_REMEMBERED: Final = 20
"""How many past versions of a model its status lists."""

_log = logging.getLogger(__name__)


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


@dataclass
class _Model:
    current: Servable | None = None
    statuses: dict[int, VersionStatus] = field(default_factory=dict)
    failures: dict[int, _Failure] = field(default_factory=dict)


def unknown_label(label: str) -> ApiError:
    """No version has a label: labels are given in a configuration, and a serving directory has none."""
    return invalid(f"Unrecognized servable version label: {label}")


def give_memory_back() -> None:
    """Free what an unloaded model leaves: reference cycles in Python, and freed pages that glibc would keep."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


class Servables:
    """The loaded version of each model. `refresh` follows the directory; `start` does so in the background.

    For each model the newest version on disk that loads is served. A newer one is loaded beside it and takes over
    once it is warm; the old one is closed when its last request is answered. A version that does not load leaves
    the old one serving. A directory that disappears does not unload what was loaded from it, unless another version
    of the model is left there: deleting the newest version goes back to the one before.
    """

    def __init__(self, serving: Path, timeout_seconds: float = 30.0) -> None:
        self._serving = serving
        self._timeout = timeout_seconds
        self.metrics = Metrics()
        self._models: dict[str, _Model] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._poller: threading.Thread | None = None

    def refresh(self) -> None:
        """Load what is new on disk and swap it in. One caller at a time."""
        for name, versions in find_models(self._serving).items():
            with self._lock:
                model = self._models.setdefault(name, _Model())
            self._refresh_model(name, model, versions)

    def _refresh_model(self, name: str, model: _Model, versions: dict[int, Path]) -> None:
        for version in sorted(versions, reverse=True):
            if model.current and model.current.version == version:
                return
            if not self._failed(model, version, versions[version]) and self._load(name, model, version, versions):
                return

    @staticmethod
    def _failed(model: _Model, version: int, directory: Path) -> bool:
        failure = model.failures.get(version)
        return (
            failure is not None
            and failure.fingerprint == fingerprint(directory)
            and time.monotonic() < failure.retry_at
        )

    def _load(self, name: str, model: _Model, version: int, versions: dict[int, Path]) -> bool:
        directory = versions[version]
        before = fingerprint(directory)
        self._set(model, version, VersionStatus("LOADING"))
        started = time.perf_counter()
        try:
            servable = Servable.load(name, version, directory, self._timeout)
        except ApiError as error:
            self.metrics.load(str(directory), False, time.perf_counter() - started)
            _log.error("%s version %d did not load: %s", name, version, error.message)
            model.failures[version] = _Failure(before, time.monotonic() + RETRY_SECONDS)
            self._set(model, version, VersionStatus("END", error.code, error.message))
            return False
        self.metrics.load(str(directory), True, time.perf_counter() - started)
        with self._lock:
            old, model.current = model.current, servable
        model.failures.pop(version, None)
        self._set(model, version, VersionStatus("AVAILABLE"))
        _log.info("%s version %d is serving", name, version)
        if old:
            self._unload(model, old)
        return True

    def _unload(self, model: _Model, old: Servable) -> None:
        self._set(model, old.version, VersionStatus("UNLOADING"))
        old.retire()
        # Requests time out, so this ends; waiting here keeps at most two versions in memory.
        old.closed.wait(self._timeout)
        give_memory_back()
        self._set(model, old.version, VersionStatus("END"))

    def _set(self, model: _Model, version: int, status: VersionStatus) -> None:
        with self._lock:
            model.statuses[version] = status
            for past in sorted(model.statuses)[:-_REMEMBERED]:
                if model.current is None or past != model.current.version:
                    del model.statuses[past]

    def acquire(self, name: str, version: int | None = None) -> Servable:
        """The servable to answer one request with, which must `leave` it.

        Raises:
            ApiError: NOT_FOUND, in TF Serving's words, when it is not loaded.
        """
        with self._lock:
            model = self._models.get(name)
            servable = model.current if model else None
            if servable and version in (None, servable.version) and servable.enter():
                return servable
        request = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        raise ApiError("NOT_FOUND", f"Servable not found for request: {request}")

    @contextmanager
    def counted(self, name: str, api: str, entrypoint: Entrypoint) -> Iterator[None]:
        """Count the request that the block answers, if there is or was a model of this name."""
        started, status = time.perf_counter(), "INTERNAL"
        try:
            yield
            status = "OK"
        except ApiError as error:
            status = error.code
            raise
        finally:
            with self._lock:
                known = name in self._models
            if known:
                self.metrics.request(name, api, entrypoint, status, time.perf_counter() - started)

    def statuses(self, name: str, version: int | None = None) -> dict[int, VersionStatus]:
        """The state of each version of a model, newest first, or of one of them.

        Raises:
            ApiError: NOT_FOUND for a model or a version that was never seen.
        """
        with self._lock:
            model = self._models.get(name)
            known = dict(model.statuses) if model else {}
        if version is not None:
            if version not in known:
                raise ApiError("NOT_FOUND", f"Could not find version {version} of model {name}")
            return {version: known[version]}
        if not known:
            raise ApiError("NOT_FOUND", f"Could not find any versions of model {name}")
        return dict(sorted(known.items(), reverse=True))

    def loaded(self) -> list[Servable]:
        """What is being served, by name."""
        with self._lock:
            return [model.current for _, model in sorted(self._models.items()) if model.current]

    def failed(self) -> dict[str, dict[int, VersionStatus]]:
        """The versions that did not load, by model."""
        with self._lock:
            return {
                name: {version: status for version, status in model.statuses.items() if status.code}
                for name, model in sorted(self._models.items())
            }

    def start(self, poll_seconds: float) -> None:
        """Follow the directory from a background thread, looking every `poll_seconds`."""
        self._poller = threading.Thread(target=self._poll, args=(poll_seconds,), name="servables", daemon=True)
        self._poller.start()

    def _poll(self, poll_seconds: float) -> None:
        while not self._stop.wait(poll_seconds):
            try:
                self.refresh()
            except Exception:
                _log.exception("Looking for new versions in %s failed; trying again", self._serving)

    def close(self) -> None:
        """Stop following the directory and close every servable once its requests are answered."""
        self._stop.set()
        if self._poller:
            self._poller.join()
        for servable in self.loaded():
            servable.retire()
