"""Carries a release out: writes what may be written, waits for the servers to follow, asks, and goes on or back."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitrine.errors import ConfigError, DataError
from vitrine.serving.discovery import find_versions
from vitrine.serving.release.entry import Entry, read_entry, rewrite_entry
from vitrine.serving.release.file import HeldFile
from vitrine.serving.release.moves import Labels, State, states
from vitrine.serving.release.server import ModelServer, Status
from vitrine.serving.release.smoke import Question, check
from vitrine.serving.release.waiting import first_look, until_available, until_labelled

Tell = Callable[[str], None]
"""Is told of each step as it is done."""


@dataclass(frozen=True)
class Release:
    """What is to be done: the labels of a model as they are and as they shall be.

    Attributes:
        model: Its name.
        entry: What the file says of it.
        after: Its labels at the end.
        steps: What to write, one after the other; some may be written already.
    """

    model: str
    entry: Entry
    after: Labels
    steps: tuple[State, State, State]

    @property
    def moved(self) -> Labels:
        """The labels that are new or stand for another version at the end."""
        before = self.entry.labels
        return {label: version for label, version in self.after.items() if before.get(label) != version}


def plan(
    text: str, file: Path, model: str, move: Callable[[Labels], Labels], servers: Sequence[ModelServer]
) -> tuple[Release, dict[str, dict[int, Status]]]:
    """What `move` makes of the labels of `model`, and what each server says of its versions now. Writes nothing.

    Raises:
        ServeError, ConfigError: The file is malformed, has no such model, or `move` makes no sense there.
        DataError: A version is not there; names those that are.
        NetworkError: A server does not answer.
    """
    entry = read_entry(text, file, model)
    try:
        after = move(entry.labels)
    except ConfigError as error:
        raise ConfigError(f"{file}: {model}: {error}") from None
    seen = first_look(servers, model)
    serving = {
        version for statuses in seen.values() for version, status in statuses.items() if status.state == "AVAILABLE"
    }
    loaded = serving if entry.versions is None else entry.versions
    release = Release(model, entry, after, states(loaded, entry.labels, after))
    for version in release.moved.values():
        if version not in serving:
            _check_there(entry.base_path, version)
    return release, seen


def carry_out(
    release: Release,
    held: HeldFile,
    servers: Sequence[ModelServer],
    seen: Mapping[str, Mapping[int, Status]],
    questions: Mapping[int, Sequence[Question]],
    timeout: float,
    tell: Tell,
) -> None:
    """Do it.

    Args:
        release: What to do.
        held: The file.
        servers: Those that follow it.
        seen: What each said of its versions before.
        questions: What to ask versions, by number, before a label moves to them.
        timeout: Seconds that a version may take to load, and a label to move.
        tell: Is told of each step.

    Raises:
        RefusedError: A version does not load, or does not answer; the file is as it was.
        NetworkError: A server does not follow in time, or not at all; the file is as it was.
        ConfigError: The file cannot be written, or someone else has changed it.
    """
    original = held.text
    load, move, unload = release.steps
    try:
        _write(held, release.model, load, tell)
        deadline = time.monotonic() + timeout
        for server in servers:
            for version in sorted(set(release.moved.values())):
                until_available(server, version, seen[server.url], deadline)
                tell(f"{server.url}: version {version} is available")
            for version, asked in questions.items():
                check(server, version, asked)
                tell(f"{server.url}: version {version} answers {len(asked)} requests")
        _write(held, release.model, move, tell)
        deadline = time.monotonic() + timeout
        for server in servers:
            for label, version in release.moved.items():
                until_labelled(server, label, version, deadline)
                tell(f"{server.url}: {label} is version {version}")
    except BaseException:
        _put_back(held, original, tell)
        raise
    _write(held, release.model, unload, tell)


def _write(held: HeldFile, model: str, state: State, tell: Tell) -> None:
    entry = read_entry(held.text, held.path, model)
    if (entry.versions, entry.labels) == (state.versions, state.labels):
        return
    held.write(rewrite_entry(held.text, held.path, model, state.versions, state.labels))
    labels = ", ".join(f"{label} {version}" for label, version in sorted(state.labels.items()))
    tell(f"{held.path}: versions {', '.join(map(str, sorted(state.versions)))}; labels {labels or 'none'}")


def _put_back(held: HeldFile, original: str, tell: Tell) -> None:
    if held.text == original:
        return
    try:
        held.write(original)
    except ConfigError as error:  # why the release failed matters more
        tell(f"{error}; it was not put back")
    else:
        tell(f"{held.path}: as it was")


def _check_there(base_path: Path, version: int) -> None:
    """Raise DataError where the versions can be seen from here and `version` is none of them."""
    if base_path.is_dir() and version not in (found := find_versions(base_path)):
        listed = ", ".join(map(str, sorted(found))) or "none"
        raise DataError(f"{base_path} has no version {version}; it has {listed}")
