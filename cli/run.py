"""`vitrine run`: a local run of the whole pipeline."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import with_config
from vitrine.errors import DataError

if TYPE_CHECKING:
    from pipelines.settings import RunSettings


@click.command(name="run")
@with_config("trainer.epochs=5")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The run's directory.  [default: runs/<name of the configuration>]",
)
@click.option("--verbose", is_flag=True, help="Also show the output of TensorFlow, Beam and TFX.")
def command(settings: "RunSettings", output: Path | None, verbose: bool) -> None:
    """Run the whole pipeline on this machine.

    The run pushes a model and writes a report. Nodes with unchanged inputs are taken from the cache, so an
    interrupted run continues where it stopped.

    Exit codes: 0 pushed, 2 invalid input, 3 anomalies in the data, 4 model refused.
    """
    from pipelines.settings_checks import require_here

    require_here(settings)
    if not Path(settings.data.dir).is_dir():  # checked before TFX is loaded, which takes seconds
        raise DataError(
            f"data.dir {settings.data.dir}: no such folder; `vitrine sample --output {settings.data.dir}` makes one, "
            "and `vitrine prepare` makes one of your data"
        )
    from cli.local_run import run_in_terminal

    run_in_terminal(settings, output or Path("runs") / settings.name, verbose)
