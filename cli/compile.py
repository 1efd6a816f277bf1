"""`vitrine compile`: the pipeline as Kubeflow and Vertex take it."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import with_config

if TYPE_CHECKING:
    from pipelines.kinds import Kind
    from pipelines.platform_settings import Runner
    from pipelines.platforms.spec import CompiledPipeline
    from pipelines.settings import RunSettings

runner_option = click.option(
    "--runner", required=True, type=click.Choice(["kubeflow", "vertex"]), help="The platform to run on."
)

kind_option = click.option(
    "--pipeline",
    "kind",
    type=click.Choice(["run", "refresh"]),
    default="run",
    show_default=True,
    help="The whole pipeline, or the catalogue run.",
)


@click.command(name="compile")
@with_config("platform.image=…")
@runner_option
@kind_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="pipeline.yaml",
    show_default=True,
    help="The .yaml or .json file to write.",
)
def command(settings: "RunSettings", runner: "Runner", kind: "Kind", output: Path) -> None:
    """Compile a pipeline for Kubeflow or Vertex.

    No connection to the platform is needed. The section `platform` of the configuration file sets the
    nodes' image, the folder of the artifacts, and the cores, memory and accelerator of each node.
    """
    compiled = compile_quietly(settings, runner, kind)
    compiled.write(output, runner)
    nodes = len(compiled.spec["root"]["dag"]["tasks"])
    click.echo(
        f"{output}: {nodes} nodes for {runner}, in {settings.platform.image}, artifacts in {settings.platform.root}"
    )


def compile_quietly(settings: "RunSettings", runner: "Runner", kind: "Kind") -> "CompiledPipeline":
    """Compile the pipeline with a status line on the terminal, and hide the output of TensorFlow and TFX.

    Raises:
        ConfigError: As `compile_pipeline`; settings that can be checked without TFX are checked before it is loaded.
        MissingExtraError: The compiler of Kubeflow Pipelines is not installed. Vertex takes its specs, too.
    """
    from cli.garbage_collection import no_collection
    from cli.terminal.output import quiet_tensorflow, show_status
    from pipelines.settings_checks import require
    from vitrine.extras import require_extra

    require(settings)
    extra, platform = ("kubeflow", "Kubeflow") if runner == "kubeflow" else ("gcp", "Vertex AI")
    require_extra(extra, f"compiling for {platform}", "kfp")
    with show_status("loading TFX"):
        with no_collection():
            quiet_tensorflow()
            logging.getLogger("absl").setLevel(logging.ERROR)
            from pipelines.platforms.compiler import compile_pipeline

        return compile_pipeline(settings, runner, kind)
