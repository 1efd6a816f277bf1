"""`vitrine events`: the event log of a gateway."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click


@click.group()
def command() -> None:
    """Look after the event log of a gateway."""


@command.command(name="forget")
@click.option("--events", required=True, type=click.Path(path_type=Path), help="The event log's directory.")
@click.option("--user", "users", required=True, multiple=True, help="The user's id, as the gateway receives it.")
@click.option(
    "--key-env",
    metavar="NAME",
    help="The environment variable with the gateway's key (log.user_key_env), if it writes pseudonyms.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def forget(events: Path, users: tuple[str, ...], key_env: str | None, as_json: bool) -> None:
    """Remove all searches and feedback of a user.

    \b
    vitrine events forget --events runs/events --user 4711
    vitrine events forget --events runs/events --user 4711 --key-env USER_KEY

    The gateway may be running. With --key-env, events under the pseudonym and under the id itself are removed. The
    same command again continues one that was killed, and otherwise finds nothing.
    """  # noqa: D301 - click reads the escape
    from rich.console import Console

    from cli.terminal.progress_bars import show_steps
    from vitrine.events.forgetting import forget_users
    from vitrine.events.users import read_user_key

    key = read_user_key(key_env, "--key-env", os.environ)
    with show_steps(Console(stderr=True)):
        forgotten = forget_users(events, {name for user in users for name in (user, key.name(user))})
    if as_json:
        click.echo(json.dumps(asdict(forgotten)))
    else:
        click.echo(
            f"{forgotten.searches:,} searches and {forgotten.feedback:,} events of feedback removed "
            f"from {forgotten.files:,} files"
        )
