"""`vitrine learn`: judgements from clicks."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.options import utc_seconds

if TYPE_CHECKING:
    from vitrine.clicks.report import Learned
    from vitrine.clicks.settings import LearningSettings

ENVIRONMENT_PREFIX: Final = "VITRINE_LEARN__"


@click.command(name="learn")
@click.option("--events", required=True, type=click.Path(path_type=Path), help="The event log's directory.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A prepared data folder with the catalogue, and people's judgements if there are any. Thresholds and weight "
    "are chosen on its train queries.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The data folder whose next span of judgements is written.  [default: DATA]",
)
@click.option(
    "--since",
    type=click.DateTime(),
    metavar="TIME",
    help="Leave out searches before this time in UTC, such as 2026-03-31[T12:00:00].",
)
@click.option("--until", type=click.DateTime(), metavar="TIME", help="Leave out searches from this time in UTC on.")
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a setting, such as relevance.support=10 or filters.own_users=[qa-*].",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    events: Path,
    data: Path | None,
    output: Path | None,
    since: datetime | None,
    until: datetime | None,
    config_path: Path | None,
    assignments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Learn judgements from the clicks and purchases of an event log.

    A click model that knows position bias is chosen by the likelihood of held-out users. Pairs of a query and a product
    with enough support become judgements (E, S or I) with the source clicks and a weight, in
    OUTPUT/judgements/span-N, with the report learned.json and learned.md. Programs, repeats, own tests and forced arms
    of experiments are left out and counted. Judgements of people are never overridden, and where people have judged
    the eval queries, clicks judge none.

    Exit codes: 0 success, also if no pair became a judgement; 2 nothing to learn from, or an invalid setting or file.
    """
    from rich.console import Console

    from cli.terminal.progress_bars import show_steps
    from vitrine.clicks.learning import Sources, learn
    from vitrine.errors import ConfigError

    target = output or data
    if target is None:
        raise ConfigError("say with --output, or with --data, which data folder gets the judgements")
    settings = _settings(config_path, assignments)
    with show_steps(Console(stderr=True)):
        learned = learn(Sources(events, data, utc_seconds(since), utc_seconds(until)), settings, target)
    click.echo(learned.to_json() if as_json else _text(learned))


def _settings(path: Path | None, assignments: tuple[str, ...]) -> "LearningSettings":
    from vitrine.clicks.settings import LearningSettings
    from vitrine.settings import read_optional_settings

    return read_optional_settings(LearningSettings, path, assignments, ENVIRONMENT_PREFIX)


def _text(learned: "Learned") -> str:
    place = f"{learned.output}: written" if learned.output else "nothing is written: no pair became a judgement"
    return f"{learned.to_markdown()}\n{place}"
