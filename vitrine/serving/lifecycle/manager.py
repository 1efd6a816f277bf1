"""The manager of all servables, which loads and unloads versions while requests are answered."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from vitrine.saved_model.status import ApiError
from vitrine.saved_model.versions import find_versions
from vitrine.serving.batching.batcher import Batcher
from vitrine.serving.batching.parameters import BatchingParameters
from vitrine.serving.config.model_config import ModelConfig, ModelConfigs, cannot_label
from vitrine.serving.lifecycle.discovery import find_models
from vitrine.serving.lifecycle.model import Model, VersionStatus, not_found, unknown_label
from vitrine.serving.lifecycle.periodic import PeriodicFunction
from vitrine.serving.lifecycle.servable import Servable
from vitrine.serving.monitoring import Entrypoint, Metrics


class Missing(NamedTuple):
    """A model without a serving version: the version that failed, if any, and the error's code and message."""

    model: str
    version: int | None
    error: str


class ServableManager:
    """The loaded versions of each model. `refresh` follows the directories; `start` does so in the background.

    It serves the highest version of each model in a serving directory until `reload` sets other models. A version is
    loaded while the others serve, and takes requests once it is warm; a version that is no longer wanted is closed
    when its last request is answered. A version that does not load leaves the others serving. Directories that
    disappear unload nothing unless another wanted version is left: deleting the highest version goes back to the
    previous one.
    """

    def __init__(
        self,
        serving: Path | None = None,
        timeout_seconds: float = 30.0,
        batching: BatchingParameters | None = None,
        label_unavailable: bool = False,
    ) -> None:
        """Start with nothing loaded.

        Args:
            serving: The serving directory; None to serve only the models given to `reload`.
            timeout_seconds: Seconds that a request may compute.
            batching: Parameters of batching; None to compute each request by itself.
            label_unavailable: Whether a new label may point to a version that does not serve yet.
        """
        self.metrics = Metrics()
        self._serving = serving
        self._timeout = timeout_seconds
        self._batcher = Batcher(batching, self.metrics, timeout_seconds) if batching else None
        self._label_unavailable = label_unavailable
        self._configs: ModelConfigs = {}
        self._models: dict[str, Model] = {}
        self._changing = threading.Lock()
        self._poller: PeriodicFunction | None = None

    def refresh(self) -> None:
        """Load versions that are new on disk and unload those that are no longer wanted."""
        with self._changing:
            self._refresh()

    def _refresh(self) -> None:
        if self._serving:
            added = find_models(self._serving).keys() - self._configs.keys()
            self._configs |= {name: ModelConfig(self._serving / name) for name in added}
        for name, config in sorted(self._configs.items()):
            self._model(name).apply_policy(config.policy, find_versions(config.base_path))

    def _model(self, name: str) -> Model:
        if name not in self._models:
            # A new dictionary, so that concurrent readers of the old one need no lock.
            self._models = self._models | {name: Model(name, self._load, self.metrics, self._timeout)}
        return self._models[name]

    def _load(self, name: str, version: int, directory: Path) -> Servable:
        batch = self._batcher.batched if self._batcher else None
        return Servable.load(name, version, directory, self._timeout, batch)

    def reload(self, configs: ModelConfigs) -> None:
        """Serve these models instead, and return once the wanted versions are loaded and the others unloaded.

        Raises:
            ApiError: FAILED_PRECONDITION for a label of a version that does not serve; nothing has changed.
                UNKNOWN for a new model without a serving version; its directory is followed all the same.
        """
        with self._changing:
            self._check_labels(configs)
            added = configs.keys() - self._configs.keys()
            removed = self._configs.keys() - configs.keys()
            self._serving, self._configs = None, configs
            for name, config in configs.items():
                self._model(name).set_labels(config.labels)
            for name in removed:
                self._model(name).unload_all()
            self._refresh()
            missing = [entry for entry in self.missing() if entry.model in added]
        if missing:
            count, errors = len({entry.model for entry in missing}), "".join(map(_error_text, missing))
            raise ApiError("UNKNOWN", f"{count} model(s) did not become available: {{{errors}}}")

    def _check_labels(self, configs: ModelConfigs) -> None:
        """Refuse a label of a version that does not serve, unless that is allowed and the label is new."""
        for name, config in configs.items():
            model = self._models.get(name)
            for label, version in config.labels.items():
                moved = model is not None and model.labels().get(label, version) != version
                serves = model is not None and model.serves(version)
                if not serves and (moved or not self._label_unavailable):
                    raise cannot_label(name, version)

    def acquire(self, name: str, version: int | None = None, label: str | None = None) -> Servable:
        """Return the servable for one request, which must `leave` it: by version, by label, or the highest version.

        Raises:
            ApiError: NOT_FOUND with TF Serving's message when it is not loaded; INVALID_ARGUMENT for an unknown label.
        """
        model = self._models.get(name)
        if model is None:
            raise not_found(name, version) if label is None else unknown_label(label)
        return model.acquire(version, label)

    @contextmanager
    def counted(self, name: str, api: str, entrypoint: Entrypoint) -> Iterator[None]:
        """Count the request that the block answers, if a model of this name is or was served."""
        started, status = time.perf_counter(), "INTERNAL"
        try:
            yield
            status = "OK"
        except ApiError as error:
            status = error.code
            raise
        finally:
            if name in self._models:
                self.metrics.request(name, api, entrypoint, status, time.perf_counter() - started)

    def statuses(self, name: str, version: int | None = None) -> dict[int, VersionStatus]:
        """Return the state of each version of a model, highest first, or of one of them.

        Raises:
            ApiError: NOT_FOUND for a model or a version that was never seen.
        """
        model = self._models.get(name)
        known = model.statuses() if model else {}
        if version is not None:
            if version not in known:
                raise ApiError("NOT_FOUND", f"Could not find version {version} of model {name}")
            return {version: known[version]}
        if not known:
            raise ApiError("NOT_FOUND", f"Could not find any versions of model {name}")
        return dict(sorted(known.items(), reverse=True))

    def loaded(self) -> list[Servable]:
        """Return the loaded servables, ordered by name and version."""
        return [servable for _, model in sorted(self._models.items()) for servable in model.loaded()]

    def missing(self) -> list[Missing]:
        """Return the wanted models without a serving version, with their errors."""
        return [
            entry
            for name, config in sorted(self._configs.items())
            if not self._model(name).loaded()
            for entry in _missing_versions(name, config.base_path, self._model(name).statuses())
        ]

    def start(self, poll_seconds: float) -> None:
        """Refresh every `poll_seconds` in a background thread."""
        self._poller = PeriodicFunction("Looking for new versions", poll_seconds, self.refresh)

    def close(self) -> None:
        """Stop the background thread and close every servable once its requests are answered."""
        if self._poller:
            self._poller.stop()
        for servable in self.loaded():
            servable.retire()


def _missing_versions(model: str, base_path: Path, statuses: Mapping[int, VersionStatus]) -> list[Missing]:
    failed = [
        Missing(model, version, f"{status.code}: {status.message}")
        for version, status in sorted(statuses.items())
        if status.code
    ]
    return failed or [Missing(model, None, f"NOT_FOUND: there is no version in {base_path}")]


def _error_text(missing: Missing) -> str:
    """Format the error as TF Serving does."""
    version = "" if missing.version is None else f" version: {missing.version}"
    return f"{{{{name: {missing.model}{version}}} due to error: {missing.error}}}, "
