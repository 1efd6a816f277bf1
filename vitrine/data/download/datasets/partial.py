"""A partly downloaded file, and the version of the file that it belongs to."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from vitrine.errors import DataError
from vitrine.files.locking import LockedError, exclusive
from vitrine.files.replacing import move_file


class PartialFile:
    """The file `NAME.partial` beside the target, and `NAME.version` with its ETag for `If-Range`."""

    def __init__(self, target: Path, file: IO[bytes]) -> None:
        self.path = target.with_name(target.name + ".partial")
        self._target, self._file = target, file
        self._version = target.with_name(target.name + ".version")

    @property
    def size(self) -> int:
        """Number of bytes downloaded so far."""
        return self._file.seek(0, os.SEEK_END)

    def resumption(self) -> dict[str, str]:
        """Return request headers for the rest of the file, or for all of it if it has changed since."""
        if not self.size or not self._version.exists():
            return {}
        return {"range": f"bytes={self.size}-", "if-range": self._version.read_text(encoding="ascii")}

    def begin(self, headers: Mapping[str, str]) -> None:
        """Discard the downloaded bytes, and keep the version in a response's headers."""
        self._file.truncate(0)
        self._version.unlink(missing_ok=True)
        etag = headers.get("etag", "")
        # A weak tag does not promise the same bytes (RFC 9110, section 13.1.5).
        if etag and not etag.startswith("W/") and etag.isascii():
            self._version.write_text(etag, encoding="ascii")

    def discard(self) -> None:
        """Discard the downloaded bytes and their version."""
        self.begin({})

    def append(self, data: bytes) -> None:
        """Append `data` to the partial file."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(data)

    def finish(self) -> None:
        """Rename the partial file to its target."""
        self._file.flush()
        move_file(self.path, self._target)
        self._version.unlink(missing_ok=True)


@contextmanager
def partial_file(target: Path) -> Iterator[PartialFile]:
    """Open the partial file of `target` for this process alone.

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
