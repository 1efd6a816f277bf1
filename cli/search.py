"""`vitrine search`: ask a pushed model by words or by picture."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.loading import loading
from cli.terminal.output import quiet_tensorflow, waiting
from vitrine.errors import VitrineError

if TYPE_CHECKING:
    from vitrine.search.local_client import SearchResult

STANDARD_INPUT: Final = "-"


@click.command()
@click.argument("query", nargs=-1)
@click.option("--image", type=click.Path(path_type=Path), help="Search by this picture instead of words.")
@click.option(
    "--serving",
    type=click.Path(path_type=Path),
    help="The directory a run pushed to.  [default: runs/*/serving, if there is just one]",
)
@click.option("-k", "count", default=10, show_default=True, type=click.IntRange(min=1), help="How many results.")
@click.option("--version", type=click.IntRange(min=0), help="Ask this version.  [default: the newest]")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, for programs.")
@click.option("--verbose", is_flag=True, help="Show what TensorFlow prints, too.")
def command(
    query: tuple[str, ...],
    image: Path | None,
    serving: Path | None,
    count: int,
    version: int | None,
    as_json: bool,
    verbose: bool,
) -> None:
    """Search the products of a run for QUERY, or for what looks like a picture.

    \b
    vitrine search "red checked mug" --serving runs/sample/serving -k 5
    vitrine search --image photo.jpg --serving runs/sample/serving
    vitrine search - < queries.txt

    A QUERY of - reads one from each line of standard input, and --json then prints an array a line.
    """  # noqa: D301 - click reads the escape
    words = " ".join(query).strip()
    picture = _picture(words, bool(query), image)
    many = words == STANDARD_INPUT
    asked = _lines() if many else [words or str(image)]
    from vitrine.search.local_client import SearchClient, find_serving, newest_version

    serving = serving or find_serving(Path("runs"))
    newest_version(serving)  # before TensorFlow, which takes seconds to say that there is nothing
    with waiting("loading the model"), loading():
        if not verbose:
            # Kernels that fall back to slower ones log that as errors; real errors come as exceptions.
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            quiet_tensorflow()
        client = SearchClient(serving, version)
    found = client.search(asked, count) if picture is None else client.search_image([picture], count)
    for query_text, hits in zip(asked, found, strict=True):
        if as_json:
            values = [hit.to_dict() for hit in hits]
            click.echo(json.dumps(values, indent=None if many else 2, ensure_ascii=False))
        else:
            _print_table(hits, query_text, client.version)
    if not as_json and count > len(found[0]):
        click.echo(f"{len(found[0])} results; this model was built to answer with no more.", err=True)


def _lines() -> list[str]:
    """The queries on standard input, one a line; empty lines are passed over."""
    text = sys.stdin.buffer.read().decode("utf-8", "replace")
    queries = [line.strip() for line in text.splitlines() if line.strip()]
    if not queries:
        raise VitrineError("standard input holds no query; give one a line")
    return queries


def _picture(words: str, given: bool, image: Path | None) -> bytes | None:
    """The picture's bytes, or None for a text query; whatever else was given is an error."""
    if image is None:
        if not given:
            raise VitrineError("nothing to search for; give a QUERY, or a picture with --image")
        if not words:
            raise VitrineError("the query is empty; give at least one word")
        return None
    if given:
        raise VitrineError("give either a QUERY or --image, not both")
    from vitrine.data.images.decoding import UndecodableImage, decode_image

    try:
        picture = image.read_bytes()
        decode_image(picture)
    except OSError as error:
        raise VitrineError(f"{image}: {error.strerror or error}") from error
    except UndecodableImage as error:
        raise UndecodableImage(f"{image}: {error}") from error
    return picture


def _print_table(hits: "list[SearchResult]", asked: str, version: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from vitrine.labels import NAMES

    table = Table(title=f"{escape(asked)}  [dim](version {version})[/dim]", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("title", overflow="fold")
    table.add_column("product")
    table.add_column("score", justify="right")
    table.add_column("label")
    for rank, hit in enumerate(hits, 1):
        label = f"{NAMES[hit.label]} {hit.esci[hit.label]:.0%}"
        title = escape(hit.title) or "[dim](no title)[/dim]"
        table.add_row(str(rank), title, escape(hit.product_id), f"{hit.score:.3f}", label)
    Console().print(table)
