"""A file that lists the models to serve, followed while it changes."""

import logging
from pathlib import Path
from typing import Final

from vitrine.errors import ServeError
from vitrine.saved_model.status import ApiError
from vitrine.serving.config.model_config import model_configs, parse_config
from vitrine.serving.config.text_proto import read_text
from vitrine.serving.lifecycle.manager import Servables
from vitrine.serving.lifecycle.periodic import Periodic

_AT_START: Final = "; at the start none is, unless --allow-version-labels-for-unavailable-models is given"

_log = logging.getLogger(__name__)


class ConfigFile:
    """Reloads `servables` from a `ModelServerConfig` in text format.

    A file that is refused is tried again at every look, for a label may only wait for its version; one that is in force
    is left alone until it changes.
    """

    def __init__(self, file: Path, servables: Servables) -> None:
        self._file = file
        self._servables = servables
        self._in_force: str | None = None
        self._told = ""
        self._poller: Periodic | None = None

    def load(self) -> None:
        """Serve what the file lists, if it has changed.

        Raises:
            ServeError: It cannot be read, is malformed or refused; what was in force stays so.
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
            _log.error("%s", error.message)  # A new model does not load: it is tried again as every other.
        self._in_force = text

    def start(self, poll_seconds: float) -> None:
        """Look for changes every `poll_seconds` from a background thread; what is wrong with them is logged."""
        self._poller = Periodic(f"Following {self._file}", poll_seconds, self._poll)

    def _poll(self) -> None:
        try:
            self.load()
        except ServeError as error:
            if str(error) != self._told:
                _log.error("%s; what was served before still is", error)
            self._told = str(error)
        else:
            self._told = ""

    def close(self) -> None:
        """Stop looking for changes."""
        if self._poller:
            self._poller.stop()
