"""The entry point: imports a subcommand's module only when it is needed, and prints our errors as one line."""

import importlib
import sys

import click

import vitrine
from cli.exit import orderly_exit
from vitrine.errors import VitrineError

COMMANDS = (
    "sample", "prepare", "data", "judge", "run", "refresh", "compile", "submit", "runs", "report", "lineage",
    "benchmark", "audit", "search", "explain", "serve", "export", "release", "gateway", "catalogue", "encoder", "ab",
    "monitor", "events", "learn", "simulate", "loop",
)  # fmt: skip
INTERRUPTED = 130
"""The exit code after SIGINT: 128 and the signal's number."""


class LazyGroup(click.Group):
    """A group whose subcommand NAME is the object `command` of the module `cli.NAME`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"cli.{name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the subcommand; Ctrl+C ends it with the exit code that shells give it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\ninterrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(vitrine.__version__, prog_name="vitrine")
def cli() -> None:
    """Build and serve multimodal product search from a catalogue and judgements.

    \b
    A first run:
      vitrine sample
      vitrine run --config configs/sample.yaml
      vitrine search "red checked mug" --serving runs/sample/serving
    """  # noqa: D301 - click reads the escape


def main() -> None:
    """Run the command line.

    Exit codes: 0 success, 1 internal error, 2 invalid input, 3 anomalies in the data, 4 model refused, 5 invalid
    experiment, 6 refused by Kubeflow, Vertex or Flink, or failed there, 7 an alert of `monitor`, 130 interrupted.
    """
    with orderly_exit():
        try:
            cli()
        except VitrineError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(error.exit_code)
