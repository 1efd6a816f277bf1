"""`vitrine benchmark`: every way to rank a dataset, side by side."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import with_config
from vitrine.errors import DataError

if TYPE_CHECKING:
    from pipelines.settings import RunSettings


@click.command(name="benchmark")
@with_config("benchmark.sentence=", beam=False)
@click.option("--run", "run_directory", type=click.Path(path_type=Path), help="Default: runs/<config's name>.")
@click.option("--cross-encoder", is_flag=True, help="Fine-tune a cross-encoder too, which takes minutes.")
@click.option("--published", is_flag=True, help="Add nDCG with the published script's swapped gains.")
@click.option("--json", "as_json", is_flag=True, help="Print benchmark.json instead of the tables.")
@click.option("--verbose", is_flag=True, help="Show what TensorFlow prints, too.")
def command(
    settings: "RunSettings",
    run_directory: Path | None,
    cross_encoder: bool,
    published: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Measure lexical, dense and fused rankings, re-rankings and the search model on the held-out queries of a run.

    Writes benchmark.json, benchmark.md and benchmark.png into the run's folder benchmark/, and prints the tables.
    """
    from rich.console import Console

    from cli.loading import loading
    from cli.terminal.markdown import show
    from cli.terminal.output import quiet_tensorflow, waiting
    from cli.terminal.progress_bars import steps_shown
    from pipelines.run_directory import RunDirectory
    from vitrine.cross_encoder.settings import CrossEncoderSettings

    if cross_encoder and settings.benchmark.cross_encoder is None:
        section = settings.benchmark.model_copy(update={"cross_encoder": CrossEncoderSettings()})
        settings = settings.model_copy(update={"benchmark": section})
    directory = RunDirectory(run_directory or Path("runs") / settings.name)
    if not directory.metadata.is_file():  # said at once, not when TensorFlow is loaded
        config_path = click.get_current_context().params["config_path"]
        raise DataError(f"{directory.output}: no run there; `vitrine run --config {config_path}` makes one")
    with waiting("loading TensorFlow"), loading():
        if not verbose:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # kernels that fall back log that as errors
            quiet_tensorflow()
        from pipelines.benchmark import FOLDER, run_benchmark
    with steps_shown(Console(stderr=True)):
        figures = run_benchmark(settings, directory, published)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    show((directory.output / FOLDER / "benchmark.md").read_text(encoding="utf-8"))
    click.echo(f"written to {directory.output / FOLDER}")
