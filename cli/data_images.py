"""`vitrine data images`: download the pictures that a catalogue names by their addresses."""

import json
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.data.download.images.limits import Limits
from vitrine.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vitrine.data.download.images.report import Summary
    from vitrine.data.download.images.worker_pool import Progress

USUAL = Limits()


@click.command(context_settings={"show_default": True})
@click.option("--data", type=click.Path(path_type=Path), help="A prepared data folder, whose catalogue is updated.")
@click.option(
    "--urls",
    type=click.Path(path_type=Path),
    help="Instead of --data: a CSV or Parquet file with the columns product_id and image_url.",
)
@click.option("--output", type=click.Path(path_type=Path), help="With --urls: the folder to write.")
@click.option("--workers", type=click.IntRange(1, 256), default=USUAL.workers, help="Pictures fetched at a time.")
@click.option(
    "--per-second",
    type=click.FloatRange(min=0, min_open=True),
    default=USUAL.per_second,
    help="Requests a second to one host.",
)
@click.option("--attempts", type=click.IntRange(1, 20), default=USUAL.attempts, help="Attempts at one picture.")
@click.option("--max-mib", type=click.IntRange(1, 1024), default=USUAL.max_bytes >> 20, help="Largest picture file.")
@click.option(
    "--timeout-seconds",
    type=click.FloatRange(min=0.1),
    default=USUAL.request_seconds,
    help="How long one request may take; a server that says nothing is given a sixth of it.",
)
@click.option(
    "--max-minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Start no further picture after so long; the next run goes on.",
)
@click.option("--allow-private", is_flag=True, help="Also fetch from this machine and private networks.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def command(
    data: Path | None,
    urls: Path | None,
    output: Path | None,
    workers: int,
    per_second: float,
    attempts: int,
    max_mib: int,
    timeout_seconds: float,
    max_minutes: float | None,
    allow_private: bool,
    as_json: bool,
) -> None:
    """Download the pictures that a catalogue names by their addresses, and name the files instead.

    Pictures go to images/, each once however many products share it. images.csv lists every product and what became of
    its pictures. A run that is stopped or killed goes on where it was; pictures that failed are tried again.
    """
    from vitrine.data.download.images.address_policy import PUBLIC, WITH_PRIVATE
    from vitrine.data.download.images.download import download_for_catalogue, download_listed

    policy = WITH_PRIVATE if allow_private else PUBLIC
    limits = Limits(
        workers=workers,
        per_second=per_second,
        max_bytes=max_mib << 20,
        silence_seconds=timeout_seconds / 6,
        request_seconds=timeout_seconds,
        run_seconds=None if max_minutes is None else 60 * max_minutes,
        attempts=attempts,
    )
    if bool(data) == bool(urls) or bool(urls) != bool(output):
        raise ConfigError("give --data, or --urls and --output")
    with _bar() as progress:
        if data:
            summary = download_for_catalogue(data, limits, policy, progress)
        elif urls and output:
            summary = download_listed(urls, output, limits, policy, progress)
    report = str((data or output or Path()) / "images.csv")
    if as_json:
        click.echo(json.dumps({**asdict(summary), "report": report}, indent=2))
    else:
        _show(summary, report)


@contextmanager
def _bar() -> "Iterator[Progress]":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("pictures"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("pictures", visible=False)
        yield lambda done, total: progress.update(bar, completed=done, total=total, visible=True)


def _show(summary: "Summary", report: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from vitrine.data.download.images.report import FAILED, OUTCOMES

    table = Table()
    table.add_column("")
    table.add_column("pictures", justify="right")
    for outcome, count in summary.outcomes.items():
        table.add_row(OUTCOMES[outcome], f"{count:,}")
        if outcome == FAILED:
            for reason, failures in summary.failures.items():
                table.add_row(f"  {reason}", f"{failures:,}", style="dim")
    Console().print(table)
    click.echo(f"stored {summary.files:,} pictures, {summary.bytes / 2**20:,.1f} MiB")
    click.echo(f"{report}: written")
