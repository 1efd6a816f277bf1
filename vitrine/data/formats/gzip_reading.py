"""Reading of gzip files line by line, with errors that name file and line."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vitrine.errors import DataError

MAX_LINE_BYTES: Final = 16 << 20
"""Maximal bytes of a line: a damaged or hostile file can decompress to a line that fills the memory."""


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a gzip file without line ends.

    Raises:
        DataError: the file cannot be read, is damaged or truncated, or has a line longer than `MAX_LINE_BYTES`.
    """
    number = 0
    try:
        with gzip.open(path) as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise DataError(f"{path}:{number}: the line is longer than {MAX_LINE_BYTES >> 20} MB")
                yield line.rstrip(b"\r\n")
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged after line {number}: {error}; download the file again") from error
    except EOFError as error:
        raise DataError(f"{path}: cut off after line {number}; download the file again") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
