"""`vitrine runs`: the list of runs with their outcomes."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipelines.run_history import Run

METRICS = {"nDCG@10": "search_model_ndcg@10", "macro-F1": "macro_f1", "kappa": "kappa"}
COLOURS = {"pushed": "green", "refused": "yellow", "failed": "red", "interrupted": "yellow", "running": "cyan"}


@click.command(name="runs")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="A run's directory, or a folder of runs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the runs as a JSON array.")
def command(output: Path, as_json: bool) -> None:
    """List runs with their status and headline metrics.

    All runs of a directory are listed, not only the last one; the newest come first. Times are local, or UTC in JSON.
    """
    from pipelines.run_history import list_runs

    runs = list_runs(output)
    if as_json:
        click.echo(json.dumps([run.to_dict() for run in runs], indent=2))
    else:
        _print(runs)


def _print(runs: "list[Run]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("directory", "kind", "started", "status", "version")
    for column in ("took", "cached", *METRICS):
        table.add_column(column, justify="right")
    for run in runs:
        started = datetime.fromisoformat(run.started).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        figures = [f"{run.metrics[key]:.3f}" if key in run.metrics else "–" for key in METRICS.values()]
        status = Text(run.status, style=COLOURS[run.status])
        cached = f"{run.cached} of {run.nodes}"
        table.add_row(
            Text(run.directory, overflow="fold"), run.kind, started, status, run.version or "–", _duration(run.seconds),
            cached, *figures,
        )  # fmt: skip
    console = Console()
    if not console.is_terminal:
        console.width = 150
    console.print(table)


def _duration(seconds: float) -> str:
    minutes, remainder = divmod(round(seconds), 60)
    return f"{minutes} min {remainder:02} s" if minutes else f"{seconds:.1f} s"
