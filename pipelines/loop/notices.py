"""Notices of decisions: a webhook, and metrics for the node exporter's textfile collector."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import httpx
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from pipelines.loop.journal import Cycle, State
from pipelines.loop.settings import WebhookSettings
from vitrine.errors import ConfigError

_log = logging.getLogger(__name__)


class Webhook:
    """A webhook that gets decisions as JSON. One that fails is logged, and never stops the loop."""

    def __init__(self, settings: WebhookSettings) -> None:
        """Read the address.

        Raises:
            ConfigError: The environment variable is not set.
        """
        address = os.environ.get(settings.url_env)
        if not address:
            raise ConfigError(f"webhook.url_env: the environment variable {settings.url_env} is not set")
        self._address = address
        self._timeout = settings.timeout

    def post(self, decision: str, reason: str, cycle: Cycle | None) -> None:
        """Post a decision: `decision`, `reason`, and the `cycle` with its version, if there is one."""
        body: dict[str, object] = {"decision": decision, "reason": reason}
        if cycle:
            body |= {"cycle": cycle.id, "kind": cycle.kind, "state": cycle.state, "version": cycle.version}
        try:
            httpx.post(self._address, json=body, timeout=self._timeout).raise_for_status()
        except httpx.HTTPStatusError as error:  # its message holds the address, which may be a secret
            _log.warning("the webhook answers with %d", error.response.status_code)
        except httpx.HTTPError as error:
            _log.warning("the webhook cannot be reached: %s", type(error).__name__)


def write_metrics(path: Path, cycles: Sequence[Cycle], now: float) -> None:
    """Write the state of the loop in Prometheus's text format, atomically. `cycles` are the newest first."""
    registry = CollectorRegistry()
    Gauge("vitrine_loop_pass_timestamp_seconds", "The end of the last pass.", registry=registry).set(now)
    counts = Gauge("vitrine_loop_cycles", "Cycles by their state.", ["state"], registry=registry)
    for state in get_args(State):
        counts.labels(state).set(sum(cycle.state == state for cycle in cycles))
    if cycles:
        text = "Time that the last cycle is in its state."
        time = Gauge("vitrine_loop_cycle_seconds", text, ["state"], registry=registry)
        time.labels(cycles[0].state).set(now - cycles[0].entered)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(path), registry)
