"""The options of the commands that take a run's configuration."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., None]


def with_config(example: str, beam: bool = True) -> Callable[[Command], Command]:
    """Give a command `--config`, `--set` and, where it runs Beam, `--beam-runner`, and what they make as `settings`.

    `example` is what can be assigned, for the help. The command may raise ConfigError.
    """
    options = [
        click.option(
            "--config", "config_path", required=True, type=click.Path(path_type=Path), help="The run's YAML file."
        ),
        click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help=f"Override a key: {example}."),
    ]
    if beam:
        options += [
            click.option(
                "--beam-runner",
                type=click.Choice(["direct", "multi", "flink", "spark", "dataflow"]),
                help="Where data-parallel nodes run: --set beam.runner=….",
            )
        ]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def configured(
            config_path: Path, assignments: tuple[str, ...], beam_runner: str | None = None, **others: Any
        ) -> None:
            from pipelines.settings import load_run_settings

            chosen = (f"beam.runner={beam_runner}",) if beam_runner else ()
            command(settings=load_run_settings(config_path, (*assignments, *chosen)), **others)

        for option in reversed(options):
            configured = option(configured)
        return configured

    return decorate
