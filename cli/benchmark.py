"""`vitrine benchmark`: a comparison of rankings on one dataset."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import verbose_option, with_config
from vitrine.errors import DataError

if TYPE_CHECKING:
    from pipelines.settings import RunSettings


@click.command(name="benchmark")
@with_config("benchmark.rrf_k=60", beam=False)
@click.option(
    "--run",
    "run_directory",
    type=click.Path(path_type=Path),
    help="The run's directory.  [default: runs/<name of the configuration>]",
)
@click.option("--cross-encoder", is_flag=True, help="Also fine-tune a cross-encoder, which takes minutes.")
@click.option("--published", is_flag=True, help="Also compute nDCG with the swapped gains of the published script.")
@click.option(
    "--encoders",
    metavar="SOURCE[,SOURCE…]",
    help="Compare encoders by themselves instead, with the first one as the baseline: values of encoder.source, and "
    "`run` for the run's own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON instead of the tables.")
@verbose_option
def command(
    settings: "RunSettings",
    run_directory: Path | None,
    cross_encoder: bool,
    published: bool,
    encoders: str | None,
    as_json: bool,
    verbose: bool,
) -> None:
    """Compare rankings, or encoders, on the held-out queries of a run.

    The rankings are lexical, dense and fused ones, re-rankings and the search model. The figures are printed as tables
    and written to benchmark.json, benchmark.md and benchmark.png in the run's folder benchmark/.

    \b
    vitrine benchmark --config configs/sample.yaml --encoders models/clip,run

    Encoders are compared without words and classifier, on queries and on held-out products: encoders.json, encoders.md
    and encoders.png.
    """  # noqa: D301 - click reads the escape
    from rich.console import Console

    from cli.garbage_collection import no_collection
    from cli.terminal.markdown import show
    from cli.terminal.output import quiet_tensorflow, show_status
    from cli.terminal.progress_bars import show_steps
    from pipelines.run_directory import RunDirectory
    from vitrine.cross_encoder.settings import CrossEncoderSettings

    if encoders is not None and (cross_encoder or published):
        raise click.UsageError("--encoders compares encoders only: leave out --cross-encoder and --published")
    if cross_encoder and settings.benchmark.cross_encoder is None:
        section = settings.benchmark.model_copy(update={"cross_encoder": CrossEncoderSettings()})
        settings = settings.model_copy(update={"benchmark": section})
    directory = RunDirectory(run_directory or Path("runs") / settings.name)
    if not directory.metadata.is_file():  # checked before TensorFlow is loaded, which takes seconds
        config_path = click.get_current_context().params["config_path"]
        raise DataError(f"{directory.output}: no run there; `vitrine run --config {config_path}` makes one")
    with show_status("loading TensorFlow"), no_collection():
        if not verbose:
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # kernels that fall back to slower ones log errors
            quiet_tensorflow()
        from pipelines.benchmark import run_benchmark
        from pipelines.encoder_table import run_encoder_table
    figures: Mapping[str, object]
    with show_steps(Console(stderr=True)):
        if encoders is None:
            file, figures = "benchmark.md", run_benchmark(settings, directory, published)
        else:
            sources = [source.strip() for source in encoders.split(",")]
            file, figures = "encoders.md", run_encoder_table(settings, directory, sources)
    if as_json:
        click.echo(json.dumps(figures, indent=2, ensure_ascii=False))
        return
    show((directory.benchmark / file).read_text(encoding="utf-8"))
    click.echo(f"written to {directory.benchmark}")
