"""`vitrine encoder`: checkpoints of encoders."""

import click

from cli import encoder_inspect


@click.group()
def command() -> None:
    """Look at checkpoints of encoders."""


command.add_command(encoder_inspect.command, "inspect")
