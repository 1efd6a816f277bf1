"""`vitrine lineage`: the data, the encoder and the code that a pushed version was made from."""

import json
from pathlib import Path
from typing import Final

import click

from vitrine.errors import ConfigError

SUFFIXES: Final = (".svg", ".png", ".pdf")


@click.command(name="lineage")
@click.option("--version", required=True, help="The number of the pushed version, as in serving/MODEL/VERSION.")
@click.option("--model", default="product_search", show_default=True, help="The name of the served model.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The directory of the run that pushed the version, or a folder of runs.",
)
@click.option("--graph", type=click.Path(path_type=Path), help="Also draw the lineage to this .svg, .png or .pdf file.")
@click.option("--json", "as_json", is_flag=True, help="Print the lineage with all properties as JSON.")
def command(version: str, model: str, output: Path, graph: Path | None, as_json: bool) -> None:
    """Print the lineage of a pushed version.

    The lineage is all artifacts and executions upstream of the version in ML Metadata. A summary of the data, the
    encoder, the vectors and the stamps of the code comes first, and then the whole tree. A cached artifact is shown
    with the execution that produced it.
    """
    from pipelines.lineage.upstream import trace
    from pipelines.metadata.pushes import find_push

    if graph and graph.suffix not in SUFFIXES:
        raise ConfigError(f"--graph {graph}: the suffix must be one of {', '.join(SUFFIXES)}")
    directory, push = find_push(output, model, version)
    lineage = trace(directory.metadata, push, model, version)
    if graph:
        from pipelines.lineage.figure import draw

        try:
            draw(lineage, graph)
        except OSError as error:
            raise ConfigError(f"--graph {graph}: cannot be written: {error.strerror}") from None
    if as_json:
        from pipelines.lineage.summary import as_json as to_dict

        click.echo(json.dumps(to_dict(lineage), indent=2))
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
