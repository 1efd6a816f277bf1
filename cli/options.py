"""Options that several commands share."""

import functools
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from vitrine.errors import ConfigError

Command = Callable[..., None]

host_option = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is all addresses."
)
_RUN_OPTIONS = (
    click.option(
        "--output",
        type=click.Path(path_type=Path),
        help="The run's directory.  [default: runs/<name of the configuration>]",
    ),
    click.option("--verbose", is_flag=True, help="Also show the output of TensorFlow, Beam and TFX."),
)
verbose_option = click.option("--verbose", is_flag=True, help="Also show the output of TensorFlow.")


def utc_seconds(time: datetime | None) -> float | None:
    """Return the seconds since 1970 of an option's time, which is in UTC."""
    return time.replace(tzinfo=UTC).timestamp() if time else None


def local_run_options(command: Command) -> Command:
    """Give a command the options `--output` and `--verbose` of a local run."""
    for option in reversed(_RUN_OPTIONS):
        command = option(command)
    return command


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


def api_key(variable: str | None) -> str | None:
    """Return the key in the environment variable that `--key-env` names, if it is given.

    Raises ConfigError if the variable is not set.
    """
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise ConfigError(f"--key-env {variable}: this environment variable is not set")
    return os.environ[variable]
