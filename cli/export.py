"""`vitrine export`: the ranking model of a pushed search model."""

from pathlib import Path

import click

from cli.catalogue_options import serving_option
from cli.terminal.output import quiet_tensorflow, show_status


@click.command()
@serving_option
@click.option("--version", type=click.IntRange(min=0), help="The version to export.  [default: the newest]")
def command(serving: Path, version: int | None) -> None:
    """Write the search model without its products, for candidates from Milvus.

    \b
    vitrine export --serving runs/sample/serving

    It is written to product_ranking/VERSION in the serving directory, and a gateway with `retrieval` uses it.
    """  # noqa: D301 - click reads the escape
    from vitrine.search.local_client import newest_version

    chosen = newest_version(serving) if version is None else version
    with show_status("loading the search model"):
        quiet_tensorflow()
        from vitrine.search.build.ranking_export import export_version

        directory = export_version(serving, chosen)
    click.echo(f"{directory}: the ranking model of version {chosen}")
