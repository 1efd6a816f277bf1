"""Entry point: finds the subcommand's module only when it is asked for, and turns our errors into one line."""

import importlib
import sys

import click

import vitrine
from cli.exit import orderly_exit
from vitrine.errors import VitrineError

COMMANDS = (
    "sample", "prepare", "data", "run", "compile", "submit", "runs", "report", "lineage", "benchmark", "search",
    "serve", "release", "gateway", "ab",
)  # fmt: skip


class LazyGroup(click.Group):
    """A group whose subcommand `name` is the object `command` of the module `cli.name`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"cli.{name}").command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(vitrine.__version__, prog_name="vitrine")
def cli() -> None:
    """Multimodal product search, from a catalogue and judgements to a served model.

    A first run: `vitrine sample`, `vitrine run --config configs/sample.yaml`, then
    `vitrine search "red checked mug" --serving runs/sample/serving`.
    """


def main() -> None:
    """Run the command line.

    Exit codes: 0 done, 1 a fault of ours, 2 bad input, 3 anomalies, 4 model refused, 5 a broken experiment,
    6 Kubeflow or Vertex refused, or the run failed there.
    """
    with orderly_exit():
        try:
            cli()
        except VitrineError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(error.exit_code)
