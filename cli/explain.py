"""`vitrine explain`: every stage's verdict on one product for one query, and what would make it the first result."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import verbose_option
from cli.terminal.output import load_tensorflow, show_status
from vitrine.errors import VitrineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from vitrine.gateway.explaining.schemas import Decision, RankedSimilarity, Stages


@click.command()
@click.argument("query")
@click.argument("product_id")
@click.option(
    "--serving",
    type=click.Path(path_type=Path),
    help="The serving directory of a run.  [default: runs/*/serving, if there is exactly one]",
)
@click.option("--version", type=click.IntRange(min=0), help="The version to search.  [default: the newest]")
@click.option("--literal", is_flag=True, help="Search for the words as they are: none is corrected, none filters.")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
@verbose_option
def command(
    query: str, product_id: str, serving: Path | None, version: int | None, literal: bool, as_json: bool, verbose: bool
) -> None:
    """Explain the place of one product in the results of a query, as the gateway answers it.

    \b
    vitrine explain "red checked mug" P00042 --serving runs/sample/serving
    vitrine explain "mug not red" P00042 --json

    Every stage's verdict is printed: the words that were searched for, the similarities, the shared words, the
    candidates, the classifier, the last stage, and the rank; and the smallest changes that would make the product the
    first result.
    """  # noqa: D301 - click reads the escape
    from vitrine.search.local_client import find_serving, newest_version

    if not query.strip():
        raise VitrineError("the query is empty; give at least one word")
    serving = serving or find_serving(Path("runs"))
    load_tensorflow(serving, verbose)
    from vitrine.gateway.local_decision import decide_here
    from vitrine.gateway.schemas.searches import PageRequest
    from vitrine.gateway.schemas.values import MAX_QUERY
    from vitrine.gateway.search.query import RankingQuery, Search

    if len(query) > MAX_QUERY:
        raise VitrineError(f"the query has {len(query)} characters; the longest may have {MAX_QUERY}")
    version = newest_version(serving) if version is None else version
    search = Search(RankingQuery("text", text=query.strip()), PageRequest(), not literal, not literal)
    with show_status("loading the model"):
        decision = decide_here(serving, version, search, product_id)
    if as_json:
        click.echo(decision.model_dump_json(indent=2))
    else:
        _print(decision)


def _print(decision: "Decision") -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    own, first, asked = decision.product, decision.first, decision.interpretation
    console.print(f"[bold]{escape(own.title or own.product_id)}[/bold] for “{escape(decision.query)}”", highlight=False)
    if asked.junk:
        console.print("refused: the query appears to mean nothing in this catalogue", highlight=False)
    for rewritten in asked.rewritten.changes if asked.rewritten else []:
        before, after = escape(rewritten.before), escape(rewritten.after)
        console.print(f"{rewritten.kind}: “{before}” → “{after}”", highlight=False)
    for constraint in asked.constraints:
        console.print(f"filter: “{escape(constraint.words)}”", highlight=False)
    if asked.searched != decision.query:
        console.print(f"searched for: “{escape(asked.searched)}”", highlight=False)
    for reason in decision.exclusions:
        console.print(f"excluded by {escape(reason)}", highlight=False)
    console.print(_table([own, *([first] if first else [])], decision.total))
    if decision.decided_by:
        console.print(f"Decided by: [bold]{decision.decided_by}[/bold]", highlight=False)
    if own.rank == 1:
        console.print("It is the first result.")
    elif decision.changes:
        console.print("To be the first result:", highlight=False)
    for change in decision.changes:
        console.print(f"  {'✓' if change.suffices else '✗'} {escape(change.text)}", highlight=False)
    if decision.changes and own.log_odds < (first or own).log_odds and not decision.exclusions:
        console.print("  ✓ suffices by itself, ✗ does not. Each changes one value, the others stay.", style="dim")


def _table(products: "list[Stages]", total: int) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    table.add_column("stage")
    for product in products:
        ordinal = "not shown" if product.rank is None else f"number {product.rank} of {total}"
        table.add_column(f"{escape(product.product_id)}\n{ordinal}", overflow="fold")
    rows = [(name, [text(product) for product in products]) for name, text in _ROWS.items()]
    for part in dict.fromkeys(part for product in products for part in product.parts):
        rows.append((f"  {part}", [f"{product.parts.get(part, 0.0):+.3f}" for product in products]))
    for name, cells in rows:
        if any(cells):
            table.add_row(name, *(escape(cell) for cell in cells))
    return table


def _side(side: "RankedSimilarity") -> str:
    return "none" if side.similarity is None else f"{side.similarity:.2f} σ, number {side.rank}"


def _words(product: "Stages") -> str:
    lexical = product.lexical
    if not any(word.worth for word in lexical.words):
        return ""
    found = ", ".join(f"{word.word} {word.score:.2f}" for word in lexical.words if word.score) or "none"
    missing = ", ".join(word.word for word in lexical.words if word.worth and not word.score)
    rank = f", number {lexical.rank}" if lexical.rank else ""
    return f"{found}{rank}" + (f"; lacks {missing}" if missing else "")


def _candidate(product: "Stages") -> str:
    candidate = product.candidate
    if candidate.rank is None:
        return f"no: {candidate.log_odds:.2f} log-odds, the last one has {candidate.lowest:.2f}"
    return f"number {candidate.rank}, found by {' and '.join(candidate.found_by)}"


def _label(product: "Stages") -> str:
    classifier = product.classifier
    label = max(classifier.esci, key=lambda name: classifier.esci[name])
    return f"{label} {classifier.esci[label]:.0%}, expected gain {classifier.gain:.3f}"


def _last_stage(product: "Stages") -> str:
    stage = product.last_stage
    return "" if stage is None else f"{'read' if stage.read else 'not read'}, expected gain {stage.gain:.3f}"


_ROWS: "dict[str, Callable[[Stages], str]]" = {
    "text": lambda product: _side(product.text),
    "image": lambda product: _side(product.image),
    "similarity": lambda product: _side(product.similarity),
    "words": _words,
    "candidate": _candidate,
    "classifier": _label,
    "last stage": _last_stage,
    "score": lambda product: f"{product.score:.4f} = σ({product.log_odds:.3f})",
}
"""The rows of the table: the texts of each stage."""
