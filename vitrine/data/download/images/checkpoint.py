"""The record of stored images, from which a stopped or killed download continues."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Final

from vitrine.data.download.images.store import Stored
from vitrine.errors import DataError
from vitrine.files.locking import LockedError, exclusive

CHECKPOINT: Final = "images.checkpoint.jsonl"
BATCH: Final = 64
"""Lines written between two calls of fsync. Each line is flushed at once, so killing the process loses none."""


class Checkpoint:
    """An append-only file with a line of JSON for each address whose image is stored.

    Attributes:
        stored: stored images by address.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.stored: dict[str, Stored] = {}
        self._file, self._unsynced = file, 0
        self._read()

    def add(self, url: str, stored: Stored) -> None:
        """Record that the image of an address is stored."""
        self.stored[url] = stored
        self._file.write(json.dumps({"url": url, **asdict(stored)}, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        self._unsynced += 1
        if self._unsynced == BATCH:
            self.sync()

    def sync(self) -> None:
        """Write the lines to disk with fsync, so that they survive a power cut."""
        os.fsync(self._file.fileno())
        self._unsynced = 0

    def _read(self) -> None:
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                entry = json.loads(line)
                self.stored[entry["url"]] = Stored(entry["path"], entry["bytes"])
            except (ValueError, TypeError, KeyError):
                break
            whole += len(line)
        # A power cut may have damaged the end of the file; its images are fetched again.
        self._file.truncate(whole)
        self._file.seek(whole)


@contextmanager
def checkpoint_in(folder: Path) -> Iterator[Checkpoint]:
    """Open the folder's checkpoint, or create it, for this process alone until the block ends.

    Raises:
        DataError: another process downloads into the folder, or it cannot be written.
    """
    path = folder / CHECKPOINT
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.touch()
            stack.enter_context(exclusive(path))
            file = stack.enter_context(path.open("r+b"))
        except LockedError:
            raise DataError(f"{folder}: another download writes there; wait for it") from None
        except OSError as error:
            raise DataError(f"{error.filename}: {error.strerror}") from error
        checkpoint = Checkpoint(file)
        try:
            yield checkpoint
        finally:
            checkpoint.sync()
