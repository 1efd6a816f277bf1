"""`vitrine run`: a local run of the whole pipeline."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import local_run_options, with_config

if TYPE_CHECKING:
    from pipelines.settings import RunSettings


@click.command(name="run")
@with_config("trainer.epochs=5")
@local_run_options
def command(settings: "RunSettings", output: Path | None, verbose: bool) -> None:
    """Run the whole pipeline on this machine.

    The run pushes a model and writes a report. Nodes with unchanged inputs are taken from the cache, so an
    interrupted run continues where it stopped.

    Exit codes: 0 pushed, 2 invalid input, 3 anomalies in the data, 4 model refused, 6 the Beam engine failed.
    """
    from pipelines.settings_checks import require_here, require_judgements

    require_here(settings)
    require_judgements(settings)
    from cli.local_run import run_in_terminal

    run_in_terminal(settings, output or Path("runs") / settings.name, verbose)
