"""`vitrine refresh`: a local catalogue run, with the encoder and the classifier of an earlier run."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import local_run_options, with_config

if TYPE_CHECKING:
    from pipelines.settings import RunSettings


@click.command(name="refresh")
@with_config("refresh.max_removed=0.3")
@local_run_options
def command(settings: "RunSettings", output: Path | None, verbose: bool) -> None:
    """Push a search model of a changed catalogue, without new judgements.

    Encoder, classifier and judgements are those of the newest run in the same directory whose model was pushed. New and
    changed products are encoded; the search model is evaluated on the judgements of the products that are left.

    Exit codes: 0 pushed, 2 invalid input, 3 anomalies in the catalogue, 4 model refused, 6 the Beam engine failed.
    """
    from pipelines.run_directory import RunDirectory
    from pipelines.settings_checks import require_here
    from vitrine.errors import ConfigError

    require_here(settings)
    directory = output or Path("runs") / settings.name
    if not RunDirectory(directory).metadata.is_file():  # checked before TFX is loaded, which takes seconds
        raise ConfigError(f"{directory}: no run there, whose model a catalogue run takes; `vitrine run` makes one")
    from cli.local_run import run_in_terminal

    run_in_terminal(settings, directory, verbose, kind="refresh")
