"""`vitrine data`: what datasets need from the web."""

import click

from cli import data_fetch, data_images


@click.group()
def command() -> None:
    """Download pictures and datasets."""


command.add_command(data_fetch.command, "fetch")
command.add_command(data_images.command, "images")
