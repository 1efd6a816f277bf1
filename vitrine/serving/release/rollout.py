"""Carries a release out: writes what may be written, waits for the servers to follow, asks, and goes on or back."""

import time
from collections.abc import Callable, Mapping, Sequence

from vitrine.errors import ConfigError
from vitrine.serving.release.config_file import HeldFile
from vitrine.serving.release.label_moves import State
from vitrine.serving.release.model_entry import read_entry, rewrite_entry
from vitrine.serving.release.plan import Release
from vitrine.serving.release.server_client import ModelServer
from vitrine.serving.release.smoke_test import Question, check
from vitrine.serving.release.waiting import until_available, until_labelled
from vitrine.serving_client.rest import Status

Tell = Callable[[str], None]
"""Is told of each step as it is done."""


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
                tell(f"{server.url}: version {version} passes its smoke test")
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
