"""`vitrine catalogue update`: changes of prices, stock and other attributes from CSV files."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.catalogue_options import json_option, offer_settings, serving_option, set_option
from vitrine.errors import ConfigError

if TYPE_CHECKING:
    from vitrine.features.offers.update import Update

SHOWN_FAULTS: Final = 20


@click.command()
@serving_option
@click.option("--input", "file", type=click.Path(path_type=Path), help="A CSV file with product_id and attributes.")
@click.option(
    "--watch",
    "folder",
    type=click.Path(path_type=Path),
    help="Instead of --input: a folder whose CSV files are applied as they appear, then moved to done/ or failed/.",
)
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="Refuse a file with an invalid row, or skip invalid rows.",
)
@click.option(
    "--attribute",
    "declarations",
    multiple=True,
    metavar="NAME=KIND",
    help="Declare a further attribute, which is a number, integer, flag or text, such as rating=number.",
)
@set_option
@json_option
def command(
    serving: Path,
    file: Path | None,
    folder: Path | None,
    on_error: str,
    declarations: tuple[str, ...],
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Change price, stock, popularity and other attributes of products, and hide or show them.

    \b
    vitrine catalogue update --serving runs/sample/serving --input changes.csv
    vitrine catalogue update --serving runs/sample/serving --watch incoming

    The file has the column product_id and any of price, stock, popularity, hidden (1 or 0) and declared attributes. An
    empty cell changes nothing; null withdraws a value, so that the catalogue's own applies again. All rows of a file
    take effect together or none does. Gateways show them within seconds, and later versions keep them.
    """  # noqa: D301 - click reads the escape
    from vitrine.features.offers.attributes import parse_declarations
    from vitrine.features.offers.update import update_from_file
    from vitrine.features.offers.watching import watch

    declared, settings = parse_declarations(declarations), offer_settings(assignments)

    def apply(changes: Path, source: str | None = None) -> "Update":
        return update_from_file(serving, changes, on_error, declared, settings, source)  # type: ignore[arg-type]

    if file and not folder:
        _show(apply(file), file.name, as_json)
    elif folder and not file:
        _stop_on_sigterm()
        try:
            for outcome in watch(folder, serving, apply):
                _show(outcome, str(folder), as_json)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
    else:
        raise ConfigError("give either --input FILE or --watch FOLDER")


def _stop_on_sigterm() -> None:
    import signal

    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _show(outcome: "Update | str", name: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": outcome} if isinstance(outcome, str) else asdict(outcome)))
        return
    if isinstance(outcome, str):
        click.echo(f"refused: {outcome}", err=True)
        return
    changed = ", ".join(outcome.attributes)
    click.echo(f"{name}: update {outcome.sequence}, {outcome.products:,} products ({changed}), {outcome.seconds:.1f} s")
    if outcome.unknown:
        click.echo(f"not served, kept for later versions: {outcome.unknown:,}, such as {outcome.first_unknown}")
    for fault in outcome.faults[:SHOWN_FAULTS]:
        click.echo(f"left out: {fault}", err=True)
    if outcome.rejected:
        click.echo(f"rows left out: {outcome.rejected:,}")
