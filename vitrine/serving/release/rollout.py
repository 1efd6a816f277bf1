"""Execution of a release: writes its steps, waits for the servers, and restores the file after a failure."""

import time
from collections.abc import Callable, Mapping, Sequence

from vitrine.errors import ConfigError
from vitrine.serving.release.config_file import LockedConfigFile
from vitrine.serving.release.label_moves import State
from vitrine.serving.release.model_entry import read_entry, rewrite_entry
from vitrine.serving.release.plan import Release
from vitrine.serving.release.server_client import ModelServer
from vitrine.serving.release.smoke_test import SmokeRequest, run_smoke_test
from vitrine.serving.release.waiting import wait_until_available, wait_until_labelled
from vitrine.serving_client.rest import Status

ReportStep = Callable[[str], None]
"""A callback for the description of each finished step."""


def carry_out(
    release: Release,
    config_file: LockedConfigFile,
    servers: Sequence[ModelServer],
    statuses: Mapping[str, Mapping[int, Status]],
    smoke_requests: Mapping[int, Sequence[SmokeRequest]],
    timeout: float,
    report_step: ReportStep,
) -> None:
    """Execute a release.

    Args:
        release: The plan.
        config_file: The file.
        servers: The servers that read the file.
        statuses: The statuses of each server's versions before the release, by URL.
        smoke_requests: The smoke test by version, run before a label moves to it.
        timeout: Time limit for a version to load and for a label to move, in seconds.
        report_step: See `ReportStep`.

    Raises:
        RefusedError: A version does not load, or fails its smoke test. The file is restored.
        NetworkError: A server does not respond, or does not apply the file in time. The file is restored.
        ConfigError: The file cannot be written, or another program has changed it.
    """
    original = config_file.text
    load, move, unload = release.steps
    try:
        _write(config_file, release.model, load, report_step)
        deadline = time.monotonic() + timeout
        for server in servers:
            for version in sorted(set(release.moved.values())):
                wait_until_available(server, version, statuses[server.url], deadline)
                report_step(f"{server.url}: version {version} is available")
            for version, requests in smoke_requests.items():
                run_smoke_test(server, version, requests)
                report_step(f"{server.url}: version {version} passes its smoke test")
        _write(config_file, release.model, move, report_step)
        deadline = time.monotonic() + timeout
        for server in servers:
            for label, version in release.moved.items():
                wait_until_labelled(server, label, version, deadline)
                report_step(f"{server.url}: {label} is version {version}")
    except BaseException:
        _restore(config_file, original, report_step)
        raise
    _write(config_file, release.model, unload, report_step)


def _write(config_file: LockedConfigFile, model: str, state: State, report_step: ReportStep) -> None:
    entry = read_entry(config_file.text, config_file.path, model)
    if (entry.versions, entry.labels) == (state.versions, state.labels):
        return
    config_file.write(rewrite_entry(config_file.text, config_file.path, model, state.versions, state.labels))
    labels = ", ".join(f"{label} {version}" for label, version in sorted(state.labels.items()))
    report_step(
        f"{config_file.path}: versions {', '.join(map(str, sorted(state.versions)))}; labels {labels or 'none'}"
    )


def _restore(config_file: LockedConfigFile, original: str, report_step: ReportStep) -> None:
    if config_file.text == original:
        return
    try:
        config_file.write(original)
    except ConfigError as error:  # the error of the release matters more
        report_step(f"{error}; it was not restored")
    else:
        report_step(f"{config_file.path}: restored")
