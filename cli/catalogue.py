"""`vitrine catalogue`: prices, stock and other attributes of served products, and an audit of categories."""

import click

from cli import catalogue_audit, catalogue_restore, catalogue_show, catalogue_update


@click.group()
def command() -> None:
    """Change prices, stock and other attributes of served products, without a run; audit their categories."""


command.add_command(catalogue_audit.command, "audit")
command.add_command(catalogue_update.command, "update")
command.add_command(catalogue_show.command, "show")
command.add_command(catalogue_restore.command, "restore")
