"""`vitrine loop`: retraining, release and rollback after the push."""

import json
import signal
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.errors import ConfigError, VitrineError

if TYPE_CHECKING:
    from pipelines.loop.cycle import Loop
    from pipelines.loop.journal import Cycle, Journal
    from pipelines.loop.settings import LoopSettings
    from vitrine.data.contract.spans import Folder

_config_option = click.option(
    "--config", "config", required=True, type=click.Path(path_type=Path), help="The loop's configuration file."
)
_set_option = click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Override a setting, such as gate.tolerance=0.02."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(name="loop", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Retrain on new data, and release a version only if it is not worse.

    A pass begins a cycle if a trigger fires: new judged pairs, a new catalogue, age, or a request. The cycle runs the
    pipeline, compares the new version with the stable one, tries it on live traffic under the label canary, and makes
    it stable or rolls it back. Every step may be killed: the next pass goes on where it was. Every decision is in the
    journal with its reason.
    """


@command.command(name="run")
@_config_option
@_set_option
@click.option(
    "--every", type=click.FloatRange(min=1), metavar="SECONDS", help="Make a pass every so often, until it is stopped."
)
@_json_option
def run(config: Path, assignments: tuple[str, ...], every: float | None, as_json: bool) -> None:
    """Make one pass, or one every so often.

    Exit codes of one pass: 0 success, also if nothing was to be done; 2 invalid input, or a server does not respond; 4
    the cycle ended without a release.
    """
    from pipelines.loop.journal import Journal
    from vitrine.files.locking import LockedError, exclusive

    settings = _settings(config, assignments)
    loop = _loop(settings, quiet=as_json)
    journal: Journal = loop.journal
    try:
        with exclusive(journal.path):
            if every is None:
                before = journal.latest()
                cycle = _pass(loop)
                _conclude(cycle, cycle is None or before == cycle, as_json)
            else:
                _serve(loop, every)
    except LockedError:
        raise ConfigError(f"{journal.path}: another loop is running with this journal; wait for it") from None


@command.command(name="status")
@_config_option
@_set_option
@click.option("--history", default=5, show_default=True, type=click.IntRange(1), help="Number of decisions to print.")
@_json_option
def status(config: Path, assignments: tuple[str, ...], history: int, as_json: bool) -> None:
    """Print the newest cycle and the newest decisions.

    The report and the log of a cycle's run are in cycles/NUMBER/ of the run's directory; `vitrine runs` and `vitrine
    lineage` name its run by the same id.
    """
    journal = _journal(_settings(config, assignments))
    cycle, decisions = journal.latest(), journal.decisions(history)
    if as_json:
        found = {
            "cycle": asdict(cycle) if cycle else None,
            "decisions": [asdict(decision) for decision in decisions],
        }
        click.echo(json.dumps(found, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console.width = 150
    click.echo(_describe(cycle) if cycle else "no cycle has begun yet")
    table = Table("time", "cycle", "run", "decision", "reason")
    for decision in reversed(decisions):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(decision.time))
        table.add_row(when, str(decision.cycle or ""), decision.run_id or "", decision.decision, decision.reason)
    console.print(table)


@command.command(name="request")
@_config_option
@_set_option
@click.option("--reason", required=True, help="The reason, for the journal.")
def request(config: Path, assignments: tuple[str, ...], reason: str) -> None:
    """Have the next pass begin a cycle, whatever the triggers say."""
    _journal(_settings(config, assignments)).request("cycle", reason)
    click.echo("the next pass begins a cycle, once the present one is over")


@command.command(name="leave-out")
@_config_option
@_set_option
@click.option("--span", "number", required=True, type=click.IntRange(0), help="The number of the span.")
@click.option(
    "--folder", type=click.Choice(("judgements", "catalogue")), default="judgements", show_default=True,
    help="The part of the data folder that has it.",
)  # fmt: skip
@click.option("--reason", required=True, help="The reason, for the journal.")
def leave_out(config: Path, assignments: tuple[str, ...], number: int, folder: "Folder", reason: str) -> None:
    """Leave a bad span out of all later windows, by renaming its folder.

    Data that a model was refused for would refuse the next one, too.
    """
    from pipelines.loop.steps import LocalSteps
    from vitrine.data.contract.spans import leave_out

    settings = _settings(config, assignments)
    place = leave_out(LocalSteps(settings).data, folder, number)
    _journal(settings).decide("leave out", f"{folder} of span {number}: {reason}")
    click.echo(f"{place}: no window has it; renamed back to span-{number}, it counts again")


@command.command(name="approve")
@_config_option
@_set_option
@click.option("--reason", default="looked at", show_default=True, help="The reason, for the journal.")
@click.option("--reject", is_flag=True, help="Roll the version back instead.")
def approve(config: Path, assignments: tuple[str, ...], reason: str, reject: bool) -> None:
    """Approve the version that waits for it."""
    journal = _journal(_settings(config, assignments))
    cycle = journal.latest()
    if cycle is None or cycle.state != "awaiting approval":
        raise ConfigError(f"nothing waits for an approval: {_describe(cycle) if cycle else 'no cycle has begun yet'}")
    journal.request("reject" if reject else "approve", reason)
    click.echo(f"the next pass {'rolls back' if reject else 'makes stable'} version {cycle.version}")


def _settings(config: Path, assignments: tuple[str, ...]) -> "LoopSettings":
    from pipelines.loop.settings import LoopSettings
    from vitrine.settings import read_settings, validate

    return validate(LoopSettings, read_settings(config, assignments, prefix="VITRINE_LOOP__"), config)


def _journal(settings: "LoopSettings") -> "Journal":
    from pipelines.loop.journal import Journal
    from pipelines.loop.steps import LocalSteps

    return Journal(settings.journal or LocalSteps(settings).output / "loop.db")


def _loop(settings: "LoopSettings", quiet: bool) -> "Loop":
    from pipelines.loop.cycle import Loop
    from pipelines.loop.notices import Webhook
    from pipelines.loop.steps import LocalSteps

    webhook = Webhook(settings.webhook) if settings.webhook else None

    def notify(decision: str, reason: str, cycle: "Cycle | None") -> None:
        if not quiet:
            click.echo(f"cycle {cycle.id}: {decision}: {reason}" if cycle else f"{decision}: {reason}")
        if webhook:
            webhook.post(decision, reason, cycle)

    return Loop(settings, _journal(settings), LocalSteps(settings), notify)


def _pass(loop: "Loop") -> "Cycle | None":
    from rich.console import Console

    from cli.terminal.progress_bars import show_steps
    from pipelines.loop.notices import write_metrics

    with show_steps(Console(stderr=True)):
        cycle = loop.advance()
    if loop.settings.metrics:
        write_metrics(loop.settings.metrics, loop.journal.cycles(1000), time.time())
    return cycle


def _serve(loop: "Loop", seconds: float) -> None:
    """Make passes until SIGTERM or Ctrl+C; a pass that fails is made again."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    while not stopping.is_set():
        try:
            _pass(loop)
        except VitrineError as error:
            click.echo(f"error: {error}; trying again in {seconds:g} s", err=True)
        stopping.wait(seconds)


def _conclude(cycle: "Cycle | None", is_idle: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(cycle) if cycle and not is_idle else None, indent=2))
    if cycle and not is_idle and cycle.state in ("refused", "rolled back", "failed"):
        click.get_current_context().exit(4)


def _describe(cycle: "Cycle") -> str:
    version = f", version {cycle.version}" if cycle.version else ""
    run = f", run {cycle.run_id}" if cycle.run_id else ""
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(cycle.began))
    return f"cycle {cycle.id} ({cycle.kind}){version}{run}: {cycle.state}; it began {began}"
