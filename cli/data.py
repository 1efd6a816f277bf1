"""`vitrine data`: downloads of datasets and of their images."""

import click

from cli import data_fetch, data_images


@click.group()
def command() -> None:
    """Download datasets and images."""


command.add_command(data_fetch.command, "fetch")
command.add_command(data_images.command, "images")
