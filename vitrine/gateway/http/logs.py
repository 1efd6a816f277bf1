"""Structured logs on the error stream: one line of JSON per record."""

import json
import logging
from datetime import UTC, datetime
from typing import Final

import orjson

FIELDS: Final = "fields"
"""The attribute of a log record that holds additional members of its JSON line."""

ACCESS: Final = "vitrine.gateway.access"
"""The logger that writes one line per request."""


class JsonFormatter(logging.Formatter):
    """A formatter that writes `time`, `level`, `logger` and `message`, then the record's fields and exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # half of a surrogate pair, which orjson refuses and json writes
            return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """A formatter of one line per record, in which control characters are escaped; lines of an exception are indented.

    A message may contain what a client sent, and must not look like other records or change a terminal.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name of the overridden method
        """Return time and message."""
        return _escaped(super().formatMessage(record))

    def formatException(self, ei: "logging._SysExcInfoType") -> str:  # noqa: N802
        """Return the exception with its traceback."""
        return "\n".join(f"    {_escaped(line)}" for line in super().formatException(ei).splitlines())


def _escaped(text: str) -> str:
    return text if text.isprintable() else "".join(map(_escaped_character, text))


def _escaped_character(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode()


def log_as_json(level: int = logging.INFO) -> None:
    """Log this package's records, including requests, and the warnings of all other packages, as JSON."""
    _log_with(JsonFormatter(), level)


def log_as_text(level: int = logging.INFO) -> None:
    """Log this package's records as text for a terminal, without requests."""
    _log_with(TextFormatter(), level)
    logging.getLogger(ACCESS).setLevel(logging.WARNING)


def _log_with(formatter: logging.Formatter, level: int) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.getLogger().handlers = [handler]
    for name in ("vitrine", ACCESS, "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)
    logging.getLogger("vitrine").setLevel(level)
