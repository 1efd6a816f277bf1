"""`vitrine run`: the whole pipeline on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import with_config
from vitrine.errors import DataError

if TYPE_CHECKING:
    from pipelines.settings import RunSettings


@click.command(name="run")
@with_config("trainer.epochs=5")
@click.option("--output", type=click.Path(path_type=Path), help="Default: runs/<config's name>.")
@click.option("--verbose", is_flag=True, help="Show what TensorFlow, Beam and TFX print, too.")
def command(settings: "RunSettings", output: Path | None, verbose: bool) -> None:
    """Run the pipeline: data in, a served model and a report out.

    Nodes whose inputs have not changed are taken from the cache, so a run that was interrupted goes on where it
    stopped. Exit codes: 0 pushed, 2 bad input, 3 anomalies in the data, 4 model refused.
    """
    from pipelines.settings_checks import require_here

    require_here(settings)
    if not Path(settings.data.dir).is_dir():  # said at once, not when TFX is loaded
        raise DataError(
            f"data.dir {settings.data.dir}: no such folder; `vitrine sample --output {settings.data.dir}` makes one, "
            "and `vitrine prepare` makes one of your data"
        )
    from cli.local_run import run_in_terminal

    run_in_terminal(settings, output or Path("runs") / settings.name, verbose)
