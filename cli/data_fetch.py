"""`vitrine data fetch`: download a published dataset."""

import json
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.data.download.datasets.publishers import PUBLICATIONS
from vitrine.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vitrine.data.download.datasets.download import Progress

DATASETS = "\n\n".join(f"\b\n{name:<12} {publication.title}" for name, publication in PUBLICATIONS.items())


@click.command(epilog=f"Datasets:\n\n{DATASETS}")
@click.argument("dataset", type=click.Choice(list(PUBLICATIONS)))
@click.option("--output", type=click.Path(path_type=Path), help="The folder to write.  [default: data/raw/DATASET]")
@click.option("--mirror", metavar="URL", help="Download from URL/DATASET/ instead of the publisher's site.")
@click.option("--json", "as_json", is_flag=True, help="Print the files as JSON.")
def command(dataset: str, output: Path | None, mirror: str | None, as_json: bool) -> None:
    """Download a dataset from its publisher, for `vitrine prepare`.

    An interrupted download is resumed by the next run. Existing files are kept. If a file cannot be downloaded, the
    error message says where to get it. Licences are on the publishers' pages.
    """
    from vitrine.data.download.datasets.download import fetch

    if mirror and not mirror.startswith(("http://", "https://")):
        raise ConfigError(f"--mirror {mirror}: the URL must begin with http:// or https://")
    folder = output or Path("data", "raw", dataset)
    with _bars() as progress:
        files = fetch(dataset, folder, mirror, progress)
    if as_json:
        click.echo(json.dumps({"output": str(folder), "files": [asdict(file) for file in files]}, indent=2))
        return
    for file in files:
        click.echo(f"{folder / file.name}: {'kept' if file.kept else 'downloaded'}, {file.bytes:,} bytes")
    click.echo(f"licence: {PUBLICATIONS[dataset].page}\nnext:\n{PUBLICATIONS[dataset].after.format(folder=folder)}")


@contextmanager
def _bars() -> "Iterator[Progress]":
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bars: dict[str, TaskID] = {}

        def show(name: str, done: int, total: int | None) -> None:
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            progress.update(bars[name], completed=done, total=total)

        yield show
