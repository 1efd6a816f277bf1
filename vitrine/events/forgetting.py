"""Removal of a user's events from a directory of events, beside gateways that are writing to it."""

import secrets
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import orjson

from vitrine import progress
from vitrine.errors import DataError
from vitrine.events.files import event_files, file_day
from vitrine.files.locking import LockedError, exclusive
from vitrine.files.replacing import replace_file

PARTIAL: Final = ".events-*.jsonl.partial"
"""The names that `replace_file` gives to files that are not complete."""
SETTLED_SECONDS: Final = 1.0
"""Seconds after which a write that had begun before its file was renamed is over."""


@dataclass(frozen=True)
class Forgotten:
    """The numbers of events that were removed, and of files that were rewritten."""

    searches: int
    feedback: int
    files: int


def forget_users(directory: Path, users: Collection[str], sleep: Callable[[float], None] = time.sleep) -> Forgotten:
    """Remove the events of users, and all feedback on their searches.

    A file with such events is written again without them, and replaces itself in one step; other files are not touched.
    A gateway may still be writing to files of today and yesterday, so these get another name first, by which the
    gateway begins a new file with its next events. Whenever the command is killed, no event of others is lost, and the
    same command removes what remains.

    Args:
        directory: The directory of an event log.
        users: The names of the users in the log; see `vitrine.events.users.UserKey`.
        sleep: Waits for some seconds.

    Raises:
        DataError: The directory does not exist, or another process is removing events from it.
    """
    if not directory.is_dir():
        raise DataError(f"{directory}: no such directory of events")
    names = frozenset(users) - {""}
    try:
        with exclusive(directory):
            return _forget(directory, names, sleep)
    except LockedError:
        raise DataError(f"{directory}: another process is removing events there; try again when it is done") from None


def _forget(directory: Path, users: frozenset[str], sleep: Callable[[float], None]) -> Forgotten:
    for partial in directory.glob(PARTIAL):  # copies of events that a killed command was writing
        partial.unlink(missing_ok=True)
    progress.note("looking for the user's searches")
    paths = event_files(directory)
    requests = frozenset(request for path in paths for request in _requests(path, users))
    found = [path for path in paths if any(_is_of(line, users, requests) for line in _lines(path))]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d")
    renamed = [_rename(path) if file_day(path) >= yesterday else path for path in found]
    if renamed != found:
        sleep(SETTLED_SECONDS)
        # A search may have been written after the files were read.
        requests |= frozenset(request for path in renamed for request in _requests(path, users))
    searches = feedback = 0
    for number, path in enumerate(renamed, 1):
        removed = _rewrite(path, users, requests)
        searches, feedback = searches + removed.searches, feedback + removed.feedback
        progress.report("files", number, len(renamed))
    return Forgotten(searches, feedback, len(found))


def _rename(path: Path) -> Path:
    return path.rename(path.with_name(f"events-{file_day(path)}-{secrets.token_hex(8)}.jsonl"))


def _rewrite(path: Path, users: frozenset[str], requests: frozenset[str]) -> Forgotten:
    searches = feedback = kept = 0
    with replace_file(path) as partial, partial.open("wb") as file:
        for line in _lines(path):
            if _is_of(line, users, requests):
                is_search = b'"event":"search"' in line
                searches, feedback = searches + is_search, feedback + (not is_search)
            else:
                file.write(line)
                kept += 1
    if not kept:
        path.unlink()
    return Forgotten(searches, feedback, 1)


def _requests(path: Path, users: frozenset[str]) -> Iterator[str]:
    """Yield the ids of the users' searches."""
    for line in _lines(path):
        event = _event(line)
        if event.get("event") == "search" and event.get("user") in users:
            yield str(event.get("request_id"))


def _is_of(line: bytes, users: frozenset[str], requests: frozenset[str]) -> bool:
    """Return whether a line is an event of one of the users, or a damaged line that names one."""
    event = _event(line)
    if event:
        on_search = event.get("event") == "feedback" and event.get("request_id") in requests
        return event.get("user") in users or on_search
    return any(orjson.dumps(user)[:-1] in line for user in users)  # its closing quote may be missing


def _event(line: bytes) -> dict[str, object]:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return event if isinstance(event, dict) else {}


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:  # the writer has removed an old file
        return
