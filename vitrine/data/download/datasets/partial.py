"""A file on its way: what has come so far, and which version of the file it belongs to."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from vitrine.errors import DataError
from vitrine.files.locking import LockedError, exclusive
from vitrine.files.replacing import move_file


class PartialFile:
    """`NAME.partial` beside a file, and `NAME.version` with what If-Range needs to go on with it."""

    def __init__(self, target: Path, file: IO[bytes]) -> None:
        self.path = target.with_name(target.name + ".partial")
        self._target, self._file = target, file
        self._version = target.with_name(target.name + ".version")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self._file.seek(0, os.SEEK_END)

    def resumption(self) -> dict[str, str]:
        """Headers that ask for the rest, or, if the file has changed since, for all of it."""
        if not self.size or not self._version.exists():
            return {}
        return {"range": f"bytes={self.size}-", "if-range": self._version.read_text(encoding="ascii")}

    def begin(self, headers: Mapping[str, str]) -> None:
        """Throw away what is there, and remember the version that a response's headers tell."""
        self._file.truncate(0)
        self._version.unlink(missing_ok=True)
        etag = headers.get("etag", "")
        # A weak tag does not promise the same bytes (RFC 9110, section 13.1.5).
        if etag and not etag.startswith("W/") and etag.isascii():
            self._version.write_text(etag, encoding="ascii")

    def discard(self) -> None:
        """Throw away what is there."""
        self.begin({})

    def append(self, data: bytes) -> None:
        """Write at the end."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(data)

    def finish(self) -> None:
        """Let the file appear under its name."""
        self._file.flush()
        move_file(self.path, self._target)
        self._version.unlink(missing_ok=True)


@contextmanager
def partial_file(target: Path) -> Iterator[PartialFile]:
    """What has come of a file, for this process alone.

    Raises:
        DataError: another process downloads the file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.with_name(target.name + ".partial")
    path.touch()
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(path))
        except LockedError:
            raise DataError(f"{target}: another download writes it; wait for that") from None
        file = stack.enter_context(path.open("r+b"))
        partial = PartialFile(target, file)
        try:
            yield partial
        finally:
            if not partial.size:
                path.unlink(missing_ok=True)
