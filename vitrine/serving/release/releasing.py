"""A release from beginning to end: it is planned, its new versions pass a smoke test, and its labels move."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from vitrine.serving.release.config_file import locked_config_file
from vitrine.serving.release.label_moves import Labels
from vitrine.serving.release.plan import Release, plan
from vitrine.serving.release.rollout import ReportStep, carry_out
from vitrine.serving.release.server_client import ModelServer
from vitrine.serving.release.smoke_test import SmokeRequest

SmokeRequests = dict[int, list[SmokeRequest]]
"""The smoke test by version."""


class Servers(NamedTuple):
    """A model of a configuration file, and the REST addresses of the servers that read it.

    `timeout` is the time limit for a version to load and for a label to move, in seconds.
    """

    file: Path
    model: str
    urls: Sequence[str]
    timeout: float


class Released(NamedTuple):
    """A release, its smoke test, and the text of the configuration file before it."""

    release: Release
    smoke_requests: SmokeRequests
    before: str


def release(
    servers: Servers,
    move_labels: Callable[[Labels], Labels],
    smoke_requests: Callable[[Release], SmokeRequests],
    report_step: ReportStep,
    dry_run: bool = False,
) -> Released:
    """Move labels. With `dry_run`, everything is checked and nothing is written.

    Raises:
        VitrineError: as `plan` and `carry_out`.
    """
    with ExitStack() as stack:
        config_file = stack.enter_context(locked_config_file(servers.file))
        clients = [stack.enter_context(closing(ModelServer(url, servers.model))) for url in dict.fromkeys(servers.urls)]
        planned, statuses = plan(config_file.text, servers.file, servers.model, move_labels, clients)
        requests = smoke_requests(planned)
        before = config_file.text
        if not dry_run:
            carry_out(planned, config_file, clients, statuses, requests, servers.timeout, report_step)
    return Released(planned, requests, before)
