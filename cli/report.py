"""`vitrine report`: the figures of a run."""

from pathlib import Path

import click

from vitrine.errors import DataError


@click.command(name="report")
@click.option("--run", "run_directory", required=True, type=click.Path(path_type=Path), help="The run's directory.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(run_directory: Path, as_json: bool) -> None:
    """Print the report of a run.

    It shows the metrics beside their floors, the pushed version, and the time of each node.
    """
    path = run_directory / ("report.json" if as_json else "report.md")
    if not path.is_file():
        raise DataError(f"{path}: no report there; `vitrine run` writes one when it ends")
    text = path.read_text(encoding="utf-8")
    if as_json:
        click.echo(text, nl=False)
        return
    from cli.terminal.markdown import show

    show(text)
