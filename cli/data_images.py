"""`vitrine data images`: download of the images that a catalogue names by address."""

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

DEFAULTS = Limits()


@click.command(context_settings={"show_default": True})
@click.option("--data", type=click.Path(path_type=Path), help="The prepared data folder whose catalogue to update.")
@click.option(
    "--urls",
    type=click.Path(path_type=Path),
    help="Instead of --data: a CSV or Parquet file with the columns product_id and image_url.",
)
@click.option("--output", type=click.Path(path_type=Path), help="The folder to write; requires --urls.")
@click.option("--workers", type=click.IntRange(1, 256), default=DEFAULTS.workers, help="Concurrent requests.")
@click.option(
    "--per-second",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULTS.per_second,
    help="Requests per second and host.",
)
@click.option("--attempts", type=click.IntRange(1, 20), default=DEFAULTS.attempts, help="Maximal attempts per image.")
@click.option(
    "--max-mib",
    type=click.IntRange(1, 1024),
    default=DEFAULTS.max_bytes >> 20,
    help="Maximal size of an image file, in MiB.",
)
@click.option(
    "--timeout-seconds",
    type=click.FloatRange(min=0.1),
    default=DEFAULTS.request_seconds,
    help="Time limit of a request. A pause in the response may take a sixth of it.",
)
@click.option(
    "--max-minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Start no further download after this time; the next run continues.",
)
@click.option("--allow-private", is_flag=True, help="Also allow addresses of this machine and of private networks.")
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
    """Download the images that a catalogue names by address.

    The catalogue then has the files' paths instead of the addresses. Images are written to images/, each of them once,
    even if several products share it. images.csv lists the outcome of each product's images. A stopped or killed
    download is resumed by the next run, which also retries failed images.
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

    columns = (TextColumn("images"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("images", visible=False)
        yield lambda done, total: progress.update(bar, completed=done, total=total, visible=True)


def _show(summary: "Summary", report: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from vitrine.data.download.images.report import FAILED, OUTCOMES

    table = Table()
    table.add_column("")
    table.add_column("images", justify="right")
    for outcome, count in summary.outcomes.items():
        table.add_row(OUTCOMES[outcome], f"{count:,}")
        if outcome == FAILED:
            for reason, failures in summary.failures.items():
                table.add_row(f"  {reason}", f"{failures:,}", style="dim")
    Console().print(table)
    click.echo(f"stored {summary.files:,} images, {summary.bytes / 2**20:,.1f} MiB")
    click.echo(f"{report}: written")
