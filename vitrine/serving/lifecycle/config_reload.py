"""The model configuration file, reloaded when it changes."""

import logging
from pathlib import Path
from typing import Final

from vitrine.errors import ServeError
from vitrine.saved_model.status import ApiError
from vitrine.serving.config.model_config import model_configs, parse_config
from vitrine.serving.config.text_proto import read_text
from vitrine.serving.lifecycle.manager import ServableManager
from vitrine.serving.lifecycle.periodic import PeriodicFunction

_AT_START: Final = "; at the start none is, unless --allow-version-labels-for-unavailable-models is given"

_log = logging.getLogger(__name__)


class ConfigFile:
    """A `ModelServerConfig` file in text format that the servables are loaded from.

    A refused file is tried again at every poll, because a label may only be waiting for its version. A file in force
    is not loaded again until it changes.
    """

    def __init__(self, file: Path, servables: ServableManager) -> None:
        self._file = file
        self._servables = servables
        self._in_force: str | None = None
        self._last_error = ""
        self._poller: PeriodicFunction | None = None

    def load(self) -> None:
        """Serve the models that the file lists, if it has changed.

        Raises:
            ServeError: The file cannot be read, is malformed or refused; the configuration in force stays.
        """
        text = read_text(self._file)
        if text == self._in_force:
            return
        config = parse_config(text, self._file)
        try:
            if config.WhichOneof("config"):
                self._servables.reload(model_configs(config))
            elif self._in_force is not None:
                raise ApiError(
                    "FAILED_PRECONDITION",
                    "Cannot transition to requested config. It is only legal to transition from one ModelConfigList "
                    "to another.",
                )
        except ApiError as error:
            if error.code != "UNKNOWN":
                hint = "" if self._in_force is not None or error.code != "FAILED_PRECONDITION" else _AT_START
                raise ServeError(f"{self._file}: {error.message}{hint}") from None
            _log.error("%s", error.message)  # A new model does not load yet; like every model, it is tried again.
        self._in_force = text

    def start(self, poll_seconds: float) -> None:
        """Check for changes every `poll_seconds` in a background thread; errors are logged."""
        self._poller = PeriodicFunction(f"Following {self._file}", poll_seconds, self._poll)

    def _poll(self) -> None:
        try:
            self.load()
        except ServeError as error:
            if str(error) != self._last_error:
                _log.error("%s; what was served before still is", error)
            self._last_error = str(error)
        else:
            self._last_error = ""

    def close(self) -> None:
        """Stop checking for changes."""
        if self._poller:
            self._poller.stop()
