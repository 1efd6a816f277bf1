"""`vitrine catalogue show`: the attributes of products in the online store."""

import json
from pathlib import Path

import click

from cli.catalogue_options import json_option, serving_option


@click.command()
@click.argument("product_ids", nargs=-1, required=True, metavar="ID...")
@serving_option
@json_option
def command(product_ids: tuple[str, ...], serving: Path, as_json: bool) -> None:
    """Show the attributes that updates gave to products; others are those of the catalogue."""
    from vitrine.features.offers.online import open_offers
    from vitrine.features.offers.served import offers_directory

    with open_offers(offers_directory(serving)) as offers:
        rows = offers.read(product_ids).to_pylist()
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        values = ", ".join(
            f"{name} {value}" for name, value in row.items() if name != "product_id" and value is not None
        )
        click.echo(f"{row['product_id']}: {values or 'never updated'}")
