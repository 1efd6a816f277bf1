"""Notices of decisions: a webhook, and metrics for the node exporter's textfile collector."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx

from pipelines.loop.journal import Cycle
from pipelines.loop.settings import WebhookSettings
from vitrine.errors import ConfigError
from vitrine.files.replacing import write_text

_STATES: Final = ("retraining", "on trial", "awaiting approval", "promoted", "refused", "rolled back", "failed")

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
    """Write the state of the loop in Prometheus's text format. `cycles` are the newest first."""
    last = cycles[0] if cycles else None
    lines = [
        "# HELP vitrine_loop_pass_timestamp_seconds The end of the last pass.",
        "# TYPE vitrine_loop_pass_timestamp_seconds gauge",
        f"vitrine_loop_pass_timestamp_seconds {now:.3f}",
        "# HELP vitrine_loop_cycles_total Cycles by their state.",
        "# TYPE vitrine_loop_cycles_total gauge",
        *(
            f'vitrine_loop_cycles_total{{state="{state}"}} {sum(cycle.state == state for cycle in cycles)}'
            for state in _STATES
        ),
    ]
    if last:
        lines += [
            "# HELP vitrine_loop_cycle_seconds Time that the last cycle is in its state.",
            "# TYPE vitrine_loop_cycle_seconds gauge",
            f'vitrine_loop_cycle_seconds{{state="{last.state}"}} {now - last.entered:.3f}',
        ]
    write_text(path, "\n".join(lines) + "\n")
