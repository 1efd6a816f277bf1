"""`vitrine catalogue restore`: the offers written to the online store again."""

import json
from pathlib import Path

import click

from cli.catalogue_options import json_option, offer_settings, serving_option, set_option


@click.command()
@serving_option
@set_option
@json_option
def command(serving: Path, assignments: tuple[str, ...], as_json: bool) -> None:
    """Write all offers to the online store again, after it lost them, or to another one.

    \b
    vitrine catalogue restore --serving runs/sample/serving
    vitrine catalogue restore --serving runs/sample/serving --set online.type=redis
    """  # noqa: D301 - click reads the escape
    from vitrine.features.offers.served import offers_directory
    from vitrine.features.offers.update import restore

    count = restore(offers_directory(serving), offer_settings(assignments) if assignments else None)
    click.echo(json.dumps({"products": count}) if as_json else f"{count:,} products written")
