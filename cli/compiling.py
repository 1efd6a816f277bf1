"""What the commands that compile the pipeline have in common."""

import logging
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipelines.platform_settings import Runner
    from pipelines.platforms.spec import CompiledPipeline
    from pipelines.settings import RunSettings

runner_option = click.option(
    "--runner", required=True, type=click.Choice(["kubeflow", "vertex"]), help="Where it is to run."
)


def compile_quietly(settings: "RunSettings", runner: "Runner") -> "CompiledPipeline":
    """Compile the pipeline, saying on the terminal what takes so long, and nothing of what TensorFlow and TFX say.

    Raises:
        ConfigError: As `compile_pipeline`; what can be known without TFX is told before it is loaded.
        MissingExtraError: The compiler of Kubeflow Pipelines, which Vertex takes specs of, too, is not installed.
    """
    from cli.loading import loading
    from cli.terminal.output import quiet_tensorflow, waiting
    from pipelines.settings_checks import require
    from vitrine.extras import require_extra

    require(settings)
    extra, platform = ("kubeflow", "Kubeflow") if runner == "kubeflow" else ("gcp", "Vertex AI")
    require_extra(extra, f"compiling for {platform}", "kfp")
    with waiting("loading TFX"):
        with loading():
            quiet_tensorflow()
            logging.getLogger("absl").setLevel(logging.ERROR)
            from pipelines.platforms.compiler import compile_pipeline

        return compile_pipeline(settings, runner)
