"""`vitrine monitor`: figures, drift and alerts of a window of the event log."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.options import verbose_option
from vitrine.errors import ConfigError

if TYPE_CHECKING:
    from vitrine.monitoring.result import MonitoringResult
    from vitrine.monitoring.settings import MonitorSettings
    from vitrine.monitoring.window import Window

ALERT: Final = 7
"""Exit code of a window with alerts."""
ENVIRONMENT_PREFIX: Final = "VITRINE_MONITOR__"


@click.command(name="monitor")
@click.option("--events", required=True, type=click.Path(path_type=Path), help="The event log's directory.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The folder of the reports.")
@click.option("--window", metavar="TIME", help="The length of the window, such as 12h, 7d or 4w.  [default: 7d]")
@click.option("--since", metavar="TIME", help="Start of the window in UTC, such as 2026-03-31[T12:00:00].")
@click.option("--until", metavar="TIME", help="End of the window in UTC.  [default: now]")
@click.option(
    "--reference",
    metavar="WINDOW",
    help="What the window is compared with: the time before it, such as 28d, or START..END.  [default: as long]",
)
@click.option(
    "--serving",
    type=click.Path(path_type=Path),
    help="A serving directory, whose newest version adds query vectors, unknown words and products.",
)
@click.option("--version", type=click.IntRange(1), help="With --serving: the version to take instead of the newest.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The data folder that the model learnt from; with --serving, adds the quality of what was shown.",
)
@click.option(
    "--evaluation",
    type=click.Path(path_type=Path),
    help="The folder of the served version's evaluation, with its metrics.json, to show beside.",
)
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Override a setting, such as distance=0.2."
)
@click.option("--json", "as_json", is_flag=True, help="Print monitor.json.")
@verbose_option
def command(
    events: Path,
    output: Path,
    window: str | None,
    since: str | None,
    until: str | None,
    reference: str | None,
    serving: Path | None,
    version: int | None,
    data: Path | None,
    evaluation: Path | None,
    config_path: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
    verbose: bool,
) -> None:
    """Watch the searches of a window: figures, lists of queries, drift and alerts.

    The window is compared with an earlier one. OUTPUT has report.html for people, monitor.json for programs, and
    vitrine_monitor.prom for Prometheus; the window becomes a run in MLflow, by default in OUTPUT/mlflow.db.

    Exit codes: 0 no alert; 2 no searches in the window, or invalid input; 7 an alert, with its reasons in the report.
    """
    from rich.console import Console

    from cli.terminal.progress_bars import show_steps
    from vitrine.monitoring.monitor import Sources
    from vitrine.monitoring.output import monitor_to
    from vitrine.monitoring.window import reference_window

    settings = _settings(config_path, assignments)
    chosen = _window(window, since, until)
    if serving:
        from cli.terminal.output import load_tensorflow

        load_tensorflow(serving, verbose)
    with show_steps(Console(stderr=True)):
        sources = Sources(events, serving, data, evaluation, version)
        result = monitor_to(output, sources, chosen, reference_window(reference, chosen), settings)
    if as_json:
        click.echo(result.model_dump_json(indent=2))
    else:
        _print(result, output)
    if result.verdict.alert:
        click.get_current_context().exit(ALERT)


def _window(length: str | None, since: str | None, until: str | None) -> "Window":
    from vitrine.monitoring.window import Window, seconds_of, time_of

    if length and since and until:
        raise ConfigError("--window, --since and --until: two of them are enough")
    seconds = seconds_of(length or "7d")
    if since and not until:
        start = time_of(since)
        return Window(start, start + seconds if length else time.time())
    end = time_of(until) if until else time.time()
    return Window(time_of(since) if since else end - seconds, end)


def _settings(path: Path | None, assignments: tuple[str, ...]) -> "MonitorSettings":
    from vitrine.monitoring.settings import MonitorSettings
    from vitrine.settings import read_optional_settings

    return read_optional_settings(MonitorSettings, path, assignments, ENVIRONMENT_PREFIX)


def _print(result: "MonitoringResult", output: Path) -> None:
    current, reference = result.current, result.reference
    click.echo(f"{current.since} to {current.until}: {current.searches:,} searches of {current.users:,} users")
    click.echo(f"compared with {reference.searches:,} searches from {reference.since} on")
    for note in result.notes:
        click.echo(f"note: {note}")
    for reason in result.verdict.reasons:
        click.echo(f"alert: {reason.message}")
    if not result.verdict.reasons:
        click.echo("no alert")
    click.echo(f"{output / 'report.html'}: written")
