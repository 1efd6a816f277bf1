"""Structured logs: a line of JSON an event, on the error stream."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final

import orjson

FIELDS: Final = "fields"
"""The attribute of a log record that holds further members of its line."""

ACCESS: Final = "vitrine.gateway.access"
"""The logger of single requests."""


class JsonFormatter(logging.Formatter):
    """`time`, `level`, `logger` and `message`, then the record's fields and its exception, if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
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
        except TypeError:  # half of a surrogate pair, which only this one writes
            return json.dumps(line, default=str)


def log_as_json(level: int = logging.INFO) -> None:
    """Write what this package logs, requests included, and the warnings of all others, as JSON."""
    _log_with(JsonFormatter(), level)


def log_as_text(level: int = logging.INFO) -> None:
    """Write what this package logs for a person at a terminal; single requests are left out."""
    _log_with(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"), level)
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
