"""Lines of compressed files, one at a time, with damage named by file and line."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vitrine.errors import DataError

LONGEST: Final = 16 << 20
"""Bytes of a line, at most: a damaged or hostile file can unpack to one that fills the memory."""


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a gzip file without their ends.

    Raises:
        DataError: the file cannot be read, is damaged or cut off, or has a line longer than `LONGEST`.
    """
    number = 0
    try:
        with gzip.open(path) as file:
            while line := file.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise DataError(f"{path}:{number}: the line is longer than {LONGEST >> 20} MB")
                yield line.rstrip(b"\r\n")
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged after line {number}: {error}; download the file again") from error
    except EOFError as error:
        raise DataError(f"{path}: cut off after line {number}; download the file again") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
