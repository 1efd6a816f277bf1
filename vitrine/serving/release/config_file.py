"""`models.config` while a release rewrites it: one release at a time, the old text or the new one at any moment."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrine.errors import ConfigError
from vitrine.serving.config.text_proto import read_text


class HeldFile:
    """A file that nobody else is to change meanwhile. `text` is what it holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._target = path.resolve()  # a link stays one
        self.text = read_text(path)

    def write(self, text: str) -> None:
        """Put `text` in the place of what the file holds, at once: it is written beside it, to the disk, and renamed.

        Raises:
            ConfigError: Someone else has changed the file, or it cannot be written; nothing was.
        """
        if read_text(self.path) != self.text:
            raise ConfigError(f"{self.path}: someone else has changed it meanwhile; see what it says now")
        partial = self._target.with_name(f".{self._target.name}.partial")
        try:
            with partial.open("w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), self._target.stat().st_mode)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._target)
            with _opened(self._target.parent) as folder:
                os.fsync(folder)
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be written: {error.strerror}") from None
        self.text = text


@contextmanager
def hold(path: Path) -> Iterator[HeldFile]:
    """Keep other releases from the folder of `path` for as long as the block takes.

    Raises:
        ServeError: The file cannot be read.
        ConfigError: Another release is under way there.
    """
    read_text(path)  # what is wrong with it is told before anything else
    with _opened(path.resolve().parent) as folder:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"{path}: another release is under way; wait for it") from None
        yield HeldFile(path)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
