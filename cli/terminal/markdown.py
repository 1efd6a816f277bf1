"""Markdown on the terminal."""

import click


def show(text: str) -> None:
    """Print Markdown: formatted on a terminal, unchanged into a file or a pipe."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        click.echo(text, nl=False)
