"""`vitrine compile`: the pipeline as Kubeflow and Vertex take it."""

import logging
from pathlib import Path

import click

from cli.beam_runner import beam_runner, with_beam_runner


@click.command(name="compile")
@click.option("--config", "config_path", required=True, type=click.Path(path_type=Path), help="The run's YAML file.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Override a key: platform.image=….")
@click.option("--runner", required=True, type=click.Choice(["kubeflow", "vertex"]), help="Where it is to run.")
@beam_runner
@click.option(
    "--output", type=click.Path(path_type=Path), default="pipeline.yaml", show_default=True, help="A .yaml or a .json."
)
def command(
    config_path: Path, assignments: tuple[str, ...], runner: str, beam_runner: str | None, output: Path
) -> None:
    """Compile the pipeline for Kubeflow or Vertex, without a connection to either.

    The configuration's section `platform` says in which image the nodes run, where artifacts go, and which node gets
    how many cores, how much memory and which accelerator.
    """
    from cli.terminal import quiet_tensorflow, waiting
    from pipelines.config import load_config
    from pipelines.requirements import require

    config = load_config(config_path, with_beam_runner(assignments, beam_runner))
    require(config)
    with waiting("loading TFX"):
        quiet_tensorflow()
        logging.getLogger("absl").setLevel(logging.ERROR)
        from pipelines.platforms.compiling import compile_pipeline

        compiled = compile_pipeline(config, runner)  # type: ignore[arg-type]  # click has checked it
    compiled.write(output, runner)  # type: ignore[arg-type]
    nodes = len(compiled.spec["root"]["dag"]["tasks"])
    click.echo(f"{output}: {nodes} nodes for {runner}, in {config.platform.image}, artifacts in {config.platform.root}")
