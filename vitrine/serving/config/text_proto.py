"""Protocol buffers in text format, with errors that name file and line."""

import re
from pathlib import Path
from typing import Final, TypeVar

from vitrine.errors import ServeError

Proto = TypeVar("Proto")
"""A protocol buffer, whose classes have no types."""

_POSITION: Final = re.compile(r"^\d+:\d+ : ")
_EXCERPT: Final = re.compile(r"^'.*': ", re.DOTALL)


def read_text(file: Path) -> str:
    """Read the text of `file`.

    Raises:
        ServeError: It cannot be read, or is not text.
    """
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ServeError(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ServeError(f"{file} is not a text file") from None


def parse_text(text: str, message: Proto, file: Path) -> Proto:
    """Fill `message` from `text`, the content of `file`, and return it.

    Raises:
        ServeError: The text is not such a message; the error names the file and the line.
    """
    from google.protobuf import text_format  # type: ignore[import-untyped]

    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        fault = _EXCERPT.sub("", _POSITION.sub("", str(error)))
        raise ServeError(f"{file}:{error.GetLine() or 1}: {fault}") from None
    return message
