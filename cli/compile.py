"""`vitrine compile`: the pipeline as Kubeflow and Vertex take it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.compiling import compile_quietly, runner_option
from cli.options import with_config

if TYPE_CHECKING:
    from pipelines.platform_settings import Runner
    from pipelines.settings import RunSettings


@click.command(name="compile")
@with_config("platform.image=…")
@runner_option
@click.option(
    "--output", type=click.Path(path_type=Path), default="pipeline.yaml", show_default=True, help="A .yaml or a .json."
)
def command(settings: "RunSettings", runner: "Runner", output: Path) -> None:
    """Compile the pipeline for Kubeflow or Vertex, without a connection to either.

    The configuration's section `platform` says in which image the nodes run, where artifacts go, and which node gets
    how many cores, how much memory and which accelerator.
    """
    compiled = compile_quietly(settings, runner)
    compiled.write(output, runner)
    nodes = len(compiled.spec["root"]["dag"]["tasks"])
    click.echo(
        f"{output}: {nodes} nodes for {runner}, in {settings.platform.image}, artifacts in {settings.platform.root}"
    )
