"""Options that several commands share."""

import functools
from collections.abc import Callable
from pathlib import Path

import click

Command = Callable[..., None]

host_option = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is all addresses."
)
verbose_option = click.option("--verbose", is_flag=True, help="Also show the output of TensorFlow.")


def with_config(example: str, beam: bool = True) -> Callable[[Command], Command]:
    """Give a command the options `--config`, `--set` and, if it runs Beam, `--beam-runner`.

    The command takes them as its argument `settings`, and may raise ConfigError. `example` assigns a key, for the help.
    """
    options = [
        click.option(
            "--config",
            "config_path",
            required=True,
            type=click.Path(path_type=Path),
            help="The configuration file of the run.",
        ),
        click.option(
            "--set", "assignments", multiple=True, metavar="KEY=VALUE", help=f"Override a setting, such as {example}."
        ),
    ]
    if beam:
        options += [
            click.option(
                "--beam-runner",
                type=click.Choice(["direct", "multi", "flink", "spark", "dataflow"]),
                help="Run data-parallel nodes on this Beam runner; short for --set beam.runner=….",
            )
        ]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def configured(
            config_path: Path, assignments: tuple[str, ...], beam_runner: str | None = None, **others: object
        ) -> None:
            from pipelines.settings import load_run_settings

            runner = (f"beam.runner={beam_runner}",) if beam_runner else ()
            command(settings=load_run_settings(config_path, (*assignments, *runner)), **others)

        for option in reversed(options):
            configured = option(configured)
        return configured

    return decorate
