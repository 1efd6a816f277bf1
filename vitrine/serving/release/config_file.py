"""`models.config` while a release rewrites it: one release at a time, the old text or the new one at any moment."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vitrine.errors import ConfigError
from vitrine.files.locking import LockedError, exclusive
from vitrine.files.replacing import write_text
from vitrine.serving.config.text_proto import read_text


class HeldFile:
    """A file that nobody else is to change meanwhile. `text` is what it holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = read_text(path)

    def write(self, text: str) -> None:
        """Put `text` in the place of what the file holds, at once: it is written beside it, to the disk, and renamed.

        Raises:
            ConfigError: Someone else has changed the file, or it cannot be written; nothing was.
        """
        if read_text(self.path) != self.text:
            raise ConfigError(f"{self.path}: someone else has changed it meanwhile; see what it says now")
        try:
            write_text(self.path, text)
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
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(path.resolve().parent))
        except LockedError:
            raise ConfigError(f"{path}: another release is under way; wait for it") from None
        yield HeldFile(path)
