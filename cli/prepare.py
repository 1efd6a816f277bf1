"""`vitrine prepare`: conversion of a dataset to the contract's layout."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.data.adapters import ADAPTERS, SETTINGS, adapter_settings
from vitrine.data.contract.judges import caveat
from vitrine.errors import ConfigError

if TYPE_CHECKING:
    from vitrine.data.prepare import JudgementsFrom, OnError, Prepared


def _pairs(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for (left, equals, right), value in zip(pairs, values, strict=True):
        if not (left and equals and (right or parameter.name == "columns")):
            raise ConfigError(f"{parameter.opts[0]} {value}: it must have the form {parameter.metavar}")
    return {left: right for left, _, right in pairs}


def _attributes(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    return {name: column for name, _, column in (value.partition("=") for value in values)}


DATASETS = "\n\n".join(f"\b\n{name:<12} {layout}" for name, layout in ADAPTERS.items())


@click.command(epilog=f"Datasets, and the files of the input folder:\n\n{DATASETS}")
@click.argument("dataset", type=click.Choice(list(ADAPTERS)))
@click.option("--input", "input_dir", required=True, type=click.Path(path_type=Path), help="The dataset's folder.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The data folder to write.")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="Stop at the first invalid row, or skip invalid rows and list them with the reason in OUTPUT/rejected.csv.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Replace a catalogue, judgements and images that were not written by `vitrine prepare`.",
)
@click.option(
    "--span",
    is_flag=True,
    help="Add the next span to OUTPUT, in catalogue/span-N and judgements/span-N, instead of replacing OUTPUT.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option(
    "--judgements",
    type=click.Choice(["dataset", "derived", "none"]),
    default="dataset",
    show_default=True,
    help="The dataset's own judgements; queries and labels that rules derive from categories, brands, colours and "
    "titles; or none, for `vitrine judge`.",
)
@click.option("--catalogue-file", metavar="NAME", help="csv: the catalogue's file in the input folder [catalogue.csv].")
@click.option(
    "--judgements-file", metavar="NAME", help="csv: the judgements' file in the input folder [judgements.csv]."
)
@click.option(
    "--map",
    "columns",
    metavar="COLUMN=NAME",
    multiple=True,
    callback=_pairs,
    help="csv: the name in the file of a column of the contract, such as title=product_name; in one of the files only: "
    "judgements.product_id=sku. No name (price=) ignores the column. Map split to use your own splits (train, eval or "
    "test).",
)
@click.option(
    "--label-map",
    "labels",
    metavar="VALUE=LABEL",
    multiple=True,
    callback=_pairs,
    help="csv: the label (E, S, C or I) for a value of the label column, such as 3=E, or for numbers of a range: "
    "2.5..3=E, ..1=I.",
)
@click.option(
    "--raters",
    type=click.Choice(["mean", "vote", "first"]),
    help="csv: the label of a query and product that several raters judged. Otherwise a second judgement is an error.",
)
@click.option(
    "--queries-file",
    metavar="NAME",
    help="csv: for judgements in TREC's form, the file of the queries' texts (id, tab, text) in the input folder.",
)
@click.option("--delimiter", metavar="CHARACTER", help="csv: the field separator, \\t is a tab [the first line's].")
@click.option(
    "--encoding",
    metavar="NAME",
    help="csv: the encoding, such as cp1252 (Excel on Windows) [utf-8]. A byte order mark in a file comes first.",
)
@click.option(
    "--quoting",
    type=click.Choice(["double", "none"]),
    help="csv: double quotes surround values with delimiters, or none do, and quotes are text [double].",
)
@click.option(
    "--escape",
    type=click.Choice(["double", "backslash"]),
    help='csv: a quote in a quoted value is written "" or \\" [double].',
)
@click.option(
    "--html", type=click.Choice(["clean", "keep"]), help="csv: remove HTML and entities from texts of products [clean]."
)
@click.option(
    "--decimal",
    type=click.Choice([".", ","]),
    help="csv: the decimal mark of prices [told from the prices, where they show it].",
)
@click.option(
    "--group",
    is_flag=True,
    help="csv: merge the rows of one product id (variants): first texts, lowest price, all images. Exports of Shopify, "
    "WooCommerce and Magento need no option.",
)
@click.option(
    "--attribute",
    "attributes",
    metavar="NAME[:list][=COLUMN]",
    multiple=True,
    callback=_attributes,
    help="csv: a further column to keep, for `data.attributes` of a run, under its own or another name: weight=Weight. "
    "Of merged rows of a product the first value is kept, with :list all of them: size:list=Size.",
)
@click.option("--images", metavar="DIR", help="csv: the folder of images in the input folder [images].")
@click.option(
    "--locale", "locales", metavar="NAME", multiple=True, help="esci: the locale, us, es or jp; may be repeated [us]."
)
@click.option("--version", metavar="NAME", help="esci: the version, small (Task 1) or large (Tasks 2 and 3) [small].")
def command(
    dataset: str,
    input_dir: Path,
    output: Path,
    on_error: "OnError",
    force: bool,
    span: bool,
    as_json: bool,
    judgements: "JudgementsFrom",
    **options: object,
) -> None:
    """Convert a dataset to the layout that all other commands read.

    Writes OUTPUT/catalogue, OUTPUT/judgements/train, OUTPUT/judgements/eval and OUTPUT/images, all of them or none, and
    prints a summary. Queries are split by a stable hash of their text; a fifth is held out for evaluation.
    """
    from rich.console import Console

    from vitrine.data.prepare import prepare
    from vitrine.data.prepared_spans import next_span, records_of

    chosen = {name: value for name, value in options.items() if value}
    for name in chosen:
        owners = [owner for owner, (_, fields) in SETTINGS.items() if name in fields]
        if dataset not in owners:
            option = next(parameter.opts[0] for parameter in command.params if parameter.name == name)
            raise ConfigError(f"{option} is for the dataset {' or '.join(owners)}, not for {dataset}")
    if chosen.get("delimiter") == "\\t":
        chosen["delimiter"] = "\t"
    settings = adapter_settings(dataset, chosen)
    number = next_span(output) if span else None
    with Console(stderr=True).status(f"Preparing {dataset}"):
        prepared = prepare(dataset, input_dir, output, on_error, force, judgements, number, **settings)
    if as_json:
        click.echo(json.dumps(asdict(prepared), indent=2))
    else:
        _show(prepared, records_of(output, number))


def _show(prepared: "Prepared", records: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    summary = prepared.summary
    table = Table()
    table.add_column("")
    for split in summary.queries:
        table.add_column(split, justify="right")
    table.add_row("queries", *(f"{count:,}" for count in summary.queries.values()))
    table.add_row("judgements", *(f"{count:,}" for count in summary.judgements.values()))
    for label in ("E", "S", "C", "I"):
        shares = (
            f"{counts[label]:,} ({counts[label] / max(1, sum(counts.values())):.1%})"
            for counts in summary.labels.values()
        )
        table.add_row(label, *shares)
    if summary.judged_by:
        Console().print(table)
    click.echo(f"{summary.products:,} products: {summary.with_text:,} with text, {summary.with_image:,} with an image")
    if counts := ", ".join(f"{count:,} {outcome}" for outcome, count in prepared.images.items() if count):
        click.echo(f"images: {counts}")
    if phrase := caveat(summary.judged_by):
        click.echo(phrase)
    if reasons := ", ".join(f"{count:,} {reason}" for reason, count in prepared.unseen_images.items()):
        click.echo(f"images missing or unreadable, listed in {records / 'unseen_images.csv'}: {reasons}")
    for reason, count in prepared.left_out.items():
        click.echo(f"left out: {count:,} {reason}")
    for note in prepared.notes:
        click.echo(note)
    if prepared.without_value:
        rows = f"{prepared.without_value:,}, with reasons in {records / 'rejected.csv'}"
        click.echo(f"rows without a value that could not be read: {rows}")
    if prepared.rejected:
        click.echo(f"rejected rows: {prepared.rejected:,}, with reasons in {records / 'rejected.csv'}")
    click.echo(f"{records}: written")
