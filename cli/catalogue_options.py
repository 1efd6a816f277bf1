"""Options of the commands on a served catalogue, and the settings that they give."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vitrine.features.offers.settings import OfferSettings

serving_option = click.option(
    "--serving",
    required=True,
    type=click.Path(path_type=Path),
    help="The serving directory of a run, such as runs/sample/serving.",
)
set_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting of the store of offers, such as online.type=redis.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

PREFIX = "VITRINE_OFFERS__"


def offer_settings(assignments: tuple[str, ...]) -> "OfferSettings":
    """Return the settings of the store of offers from the environment and `--set`."""
    import os

    from vitrine.features.offers.settings import OfferSettings
    from vitrine.settings import override, validate

    return validate(OfferSettings, override({}, assignments, os.environ, PREFIX), "--set")
