"""A local run with its progress on the terminal and everything else in the run's log."""

import sys
from pathlib import Path

import click
from rich.console import Console

from cli.nodes import NodeProgress
from cli.terminal import output_to
from pipelines.config import Config
from pipelines.local import Places, exclusive, plain_error


def run_in_terminal(config: Config, output: Path, verbose: bool) -> None:
    """Run the pipeline. Raises VitrineError where the input or the model is at fault; exits 1 where we are."""
    places = Places(output)
    with exclusive(output):
        try:
            if verbose:
                _run(config, places, Console())
            else:
                with output_to(places.log) as console:
                    _run(config, places, console)
        except Exception as error:
            known = plain_error(error)
            if known is not None:
                raise known from None
            if verbose:
                raise
            last = str(error).strip().splitlines()[:1] or [""]
            click.echo(f"error: {type(error).__name__}: {last[0]}\nThe whole story is in {places.log}", err=True)
            sys.exit(1)


def _run(config: Config, places: Places, console: Console) -> None:
    console.print(f"[bold]vitrine run[/] {config.name} → {places.output}", highlight=False)
    with console.status("loading TFX"):
        from pipelines.local_runner import build, run
    pipeline = build(config, places)
    with NodeProgress(console, total=len(pipeline.components)):
        run(pipeline)
