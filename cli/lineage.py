"""`vitrine lineage`: the data, the encoder and the code that made a pushed version."""

import json
from pathlib import Path
from typing import Final

import click

from vitrine.errors import ConfigError

SUFFIXES: Final = (".svg", ".png", ".pdf")


@click.command(name="lineage")
@click.option("--version", required=True, help="A version that was pushed: its number, as in serving/MODEL/VERSION.")
@click.option("--model", default="product_search", show_default=True, help="The name that it is served under.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The directory of the run that pushed it, or a folder of runs.",
)
@click.option("--graph", type=click.Path(path_type=Path), help="Also draw it to this file: .svg, .png or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all properties.")
def command(version: str, model: str, output: Path, graph: Path | None, as_json: bool) -> None:
    """Print what made a pushed version, from ML Metadata: every artifact and execution upstream of it.

    First the data, the encoder, the vectors and the stamps of the code that made it; then all of it as a tree. What
    came from the cache is shown with the execution that made it.
    """
    from pipelines.lineage.upstream import trace
    from pipelines.metadata.pushes import find_push

    if graph and graph.suffix not in SUFFIXES:
        raise ConfigError(f"--graph {graph}: draws {', '.join(SUFFIXES)} only")
    places, push = find_push(output, model, version)
    lineage = trace(places.metadata, push, model, version)
    if graph:
        from pipelines.lineage.figure import draw

        try:
            draw(lineage, graph)
        except OSError as error:
            raise ConfigError(f"--graph {graph}: cannot be written: {error.strerror}") from None
    if as_json:
        from pipelines.lineage.summary import as_json as plain

        click.echo(json.dumps(plain(lineage), indent=2))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pipelines.lineage.tree_text import as_tree, summary_lines

    console = Console(soft_wrap=False)
    if not console.is_terminal:
        console.width = 200
    table = Table.grid(padding=(0, 2))
    for name, line in summary_lines(lineage):
        table.add_row(Text(name, style="bold"), Text(line, overflow="fold"))
    console.print(table)
    console.print(as_tree(lineage))
