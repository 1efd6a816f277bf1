"""A watched folder of changes: complete files are applied in the order of their times, then moved."""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vitrine.errors import ConfigError, DataError
from vitrine.features.offers.log import OfferLog, OffersBusyError
from vitrine.features.offers.served import offers_directory
from vitrine.features.offers.update import Update
from vitrine.features.store import FeatureStoreError

DONE: Final = "done"
FAILED: Final = "failed"
QUIET_SECONDS: Final = 1.0
"""Seconds without a change after which a file counts as complete. A file that is renamed into the folder always is."""

Apply = Callable[[Path, str], Update]
"""A function that applies a file under a name for the log."""


def watch(folder: Path, serving: Path, apply: Apply, poll_seconds: float = 0.25) -> Iterator[Update | str]:
    """Apply the CSV files that appear in a folder, for ever; yield each update, or the reason for a refusal.

    Applied files are moved to `done/`, refused ones to `failed/` with the reason beside them. If the online store fails
    or another process writes for long, the files stay, and are tried again. A file that was applied by a process that
    was killed before it moved the file is not applied again.

    Raises:
        ConfigError: There is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"--watch {folder}: no such folder")
    log = OfferLog(offers_directory(serving))
    failure = ""
    while True:
        for file in _complete(folder):
            source = _source(file)
            if source in log.sources():
                _move(file, folder / DONE)
                continue
            try:
                update, failure = apply(file, source), ""
            except (FeatureStoreError, OffersBusyError) as error:
                if str(error) != failure:
                    yield (failure := str(error))
                break
            except (DataError, ConfigError) as error:
                moved = _move(file, folder / FAILED)
                moved.with_name(f"{moved.name}.reason.txt").write_text(f"{error}\n", encoding="utf-8")
                yield str(error)
                continue
            moved = _move(file, folder / DONE)
            if update.faults:
                reasons = "".join(f"{fault}\n" for fault in update.faults)
                moved.with_name(f"{moved.name}.rejected.txt").write_text(reasons, encoding="utf-8")
            yield update
        time.sleep(poll_seconds)


def _complete(folder: Path) -> list[Path]:
    """Return the visible CSV files that nothing has written to for a while, the oldest first."""
    found = [(path.stat().st_mtime, path) for path in folder.glob("*.csv") if not path.name.startswith(".")]
    return [path for modified, path in sorted(found) if time.time() - modified >= QUIET_SECONDS]


def _source(file: Path) -> str:
    """Return a name that is another one for a file of the same name with other content or of another time."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "blake2b").hexdigest()[:16]
    return f"{file.name} {digest} {file.stat().st_mtime_ns}"


def _move(file: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    target = folder / file.name
    if target.exists():
        target = folder / f"{file.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}{file.suffix}"
    return file.rename(target)
