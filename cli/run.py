"""`vitrine run`: the whole pipeline on this machine."""

from pathlib import Path

import click

from cli.beam_runner import beam_runner, with_beam_runner
from vitrine.errors import DataError


@click.command(name="run")
@click.option("--config", "config_path", required=True, type=click.Path(path_type=Path), help="The run's YAML file.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Override a key: trainer.epochs=5.")
@beam_runner
@click.option("--output", type=click.Path(path_type=Path), help="Default: runs/<config's name>.")
@click.option("--verbose", is_flag=True, help="Show what TensorFlow, Beam and TFX print, too.")
def command(
    config_path: Path, assignments: tuple[str, ...], beam_runner: str | None, output: Path | None, verbose: bool
) -> None:
    """Run the pipeline: data in, a served model and a report out.

    Nodes whose inputs have not changed are taken from the cache, so a run that was interrupted goes on where it
    stopped. Exit codes: 0 pushed, 2 bad input, 3 anomalies in the data, 4 model refused.
    """
    from pipelines.config import load_config
    from pipelines.requirements import require_here

    config = load_config(config_path, with_beam_runner(assignments, beam_runner))
    require_here(config)
    if not Path(config.data.dir).is_dir():  # said at once, not when TFX is loaded
        raise DataError(
            f"data.dir {config.data.dir}: no such folder; `vitrine sample --output {config.data.dir}` makes one, and "
            "`vitrine prepare` makes one of your data"
        )
    from cli.running import run_in_terminal

    run_in_terminal(config, output or Path("runs") / config.name, verbose)
