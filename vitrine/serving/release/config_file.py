"""Locking and atomic replacement of `models.config`: one release at a time may write it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vitrine.errors import ConfigError
from vitrine.files.locking import LockedError, exclusive
from vitrine.files.replacing import write_text
from vitrine.serving.config.text_proto import read_text


class LockedConfigFile:
    """A configuration file that only this release may write. `text` is its content."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = read_text(path)

    def write(self, text: str) -> None:
        """Replace the content by `text` atomically.

        Raises:
            ConfigError: Another program has changed the file, or it cannot be written. The file is unchanged.
        """
        if read_text(self.path) != self.text:
            raise ConfigError(f"{self.path}: another program has changed it; check its content and try again")
        try:
            write_text(self.path, text)
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be written: {error.strerror}") from None
        self.text = text


@contextmanager
def locked_config_file(path: Path) -> Iterator[LockedConfigFile]:
    """Lock the folder of `path` against other releases during the block.

    Raises:
        ServeError: The file cannot be read.
        ConfigError: Another release holds the lock.
    """
    read_text(path)  # errors of the file come before those of the lock
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(path.resolve().parent))
        except LockedError:
            raise ConfigError(f"{path}: another release is running; wait until it has finished") from None
        yield LockedConfigFile(path)
