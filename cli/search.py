"""`vitrine search`: search by text or by image in a pushed model."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.garbage_collection import no_collection
from cli.options import verbose_option
from cli.terminal.output import quiet_tensorflow, show_status
from vitrine.errors import VitrineError

if TYPE_CHECKING:
    from vitrine.search.local_client import SearchResult

STANDARD_INPUT: Final = "-"
NOTHING_LIKE_IT: Final = "no product looks like this image; try another, or search nevertheless with --anyway"


@click.command()
@click.argument("query", nargs=-1)
@click.option("--image", type=click.Path(path_type=Path), help="Search by this image instead of a QUERY.")
@click.option(
    "--serving",
    type=click.Path(path_type=Path),
    help="The serving directory of a run.  [default: runs/*/serving, if there is exactly one]",
)
@click.option("-k", "count", default=10, show_default=True, type=click.IntRange(min=1), help="Number of results.")
@click.option(
    "--diversity",
    type=click.FloatRange(0, 1),
    help="From 0, the order of the scores, to 1, in which results are as unlike as possible.  "
    "[default: search.diversity of the run]",
)
@click.option("--version", type=click.IntRange(min=0), help="The version to search.  [default: the newest]")
@click.option("--anyway", is_flag=True, help="Search by an image even if it appears to show no product.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as a JSON array.")
@verbose_option
def command(
    query: tuple[str, ...],
    image: Path | None,
    serving: Path | None,
    count: int,
    diversity: float | None,
    version: int | None,
    anyway: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Search the products of a run by text or by image.

    \b
    vitrine search "red checked mug" --serving runs/sample/serving -k 5
    vitrine search --image photo.jpg --serving runs/sample/serving
    vitrine search - < queries.txt

    With - as QUERY, each line of standard input is a query, and --json prints one array per line.
    """  # noqa: D301 - click reads the escape
    words = " ".join(query).strip()
    image_bytes = _read_image(words, bool(query), image)
    reads_input = words == STANDARD_INPUT
    queries = _input_queries() if reads_input else [words or str(image)]
    from vitrine.search.local_client import SearchClient, find_serving, newest_version

    serving = serving or find_serving(Path("runs"))
    newest_version(serving)  # fails before TensorFlow is loaded, which takes seconds
    with show_status("loading the model"), no_collection():
        if not verbose:
            # Kernels that fall back to slower ones log errors; real errors are raised as exceptions.
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            quiet_tensorflow()
        client = SearchClient(serving, version)
    if image_bytes is None:
        results = client.search(queries, count, diversity)
    elif not anyway and client.are_junk([image_bytes])[0]:
        click.echo(f"{image}: {NOTHING_LIKE_IT}", err=True)
        results = [[]]
    else:
        results = client.search_image([image_bytes], count, diversity)
    for query_text, query_results in zip(queries, results, strict=True):
        if as_json:
            values = [result.to_dict() for result in query_results]
            click.echo(json.dumps(values, indent=None if reads_input else 2, ensure_ascii=False))
        elif query_results:
            _print_table(query_results, query_text, client.version)
    if not as_json and count > len(results[0]) > 0:
        click.echo(f"{len(results[0])} results; this model was built to return no more.", err=True)


def _input_queries() -> list[str]:
    """Read the queries from standard input, one per line; empty lines are skipped."""
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    queries = [line.strip() for line in text.splitlines() if line.strip()]
    if not queries:
        raise VitrineError("standard input holds no query; give one per line")
    return queries


def _read_image(words: str, has_query: bool, image: Path | None) -> bytes | None:
    """Return the bytes of the image, or None for a text query. Raises VitrineError for neither and for both."""
    if image is None:
        if not has_query:
            raise VitrineError("nothing to search for; give a QUERY, or an image with --image")
        if not words:
            raise VitrineError("the query is empty; give at least one word")
        return None
    if has_query:
        raise VitrineError("give either a QUERY or --image, not both")
    from vitrine.data.images.decoding import UndecodableImage, decode_image

    try:
        data = image.read_bytes()
        decode_image(data)
    except OSError as error:
        raise VitrineError(f"{image}: {error.strerror or error}") from error
    except UndecodableImage as error:
        raise UndecodableImage(f"{image}: {error}") from error
    return data


def _print_table(results: "list[SearchResult]", query: str, version: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from vitrine.labels import NAMES

    table = Table(title=f"{escape(query)}  [dim](version {version})[/dim]", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("title", overflow="fold")
    table.add_column("product")
    table.add_column("score", justify="right")
    table.add_column("label")
    for rank, result in enumerate(results, 1):
        label = f"{NAMES[result.label]} {result.esci[result.label]:.0%}"
        title = escape(result.title) or "[dim](no title)[/dim]"
        table.add_row(str(rank), title, escape(result.product_id), f"{result.score:.3f}", label)
    Console().print(table)
