"""`vitrine simulate`: simulated shoppers."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import click

from cli.options import Command, api_key
from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.errors import ConfigError

DEFAULTS: Final = SimulationSettings()


def _setting(option: str, kind: type) -> Callable[[Command], Command]:
    """Return the option of a setting, with its default and its description."""
    name = option.removeprefix("--")
    description = SimulationSettings.model_fields[name].description or "seed of all chance"
    return click.option(option, type=kind, default=getattr(DEFAULTS, name), help=f"{description}.")


@click.group(name="simulate", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Simulate shoppers, to try out what learns from them."""


@command.command(name="clicks", context_settings={"show_default": True})
@click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="A data folder, whose judged queries are replayed."
)
@click.option("--split", type=click.Choice(["train", "eval", "both"]), default="both", help="The queries to replay.")
@click.option(
    "--serving", type=click.Path(path_type=Path), help="A serving directory, whose newest model ranks the catalogue."
)
@click.option("--gateway", metavar="URL", help="A running gateway to search and to click at, instead of --output.")
@click.option(
    "--key-env", metavar="NAME", help="The environment variable with an API key of the gateway, if it needs one."
)
@click.option("--output", type=click.Path(path_type=Path), help="The directory of the event log to append to.")
@click.option("--model", type=click.Choice(["pbm", "cascade", "dbn"]), default=DEFAULTS.model, help="The user model.")
@_setting("--eta", float)
@_setting("--continuation", float)
@_setting("--noise", float)
@_setting("--swaps", float)
@_setting("--bots", float)
@_setting("--purchases", float)
@_setting("--users", int)
@_setting("--searches", int)
@_setting("--k", int)
@_setting("--days", float)
@_setting("--popularity", float)
@_setting("--seed", int)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--verbose", is_flag=True, help="Also show the output of TensorFlow.")
def clicks(
    data: Path,
    split: Literal["train", "eval", "both"],
    serving: Path | None,
    gateway: str | None,
    key_env: str | None,
    output: Path | None,
    as_json: bool,
    verbose: bool,
    **settings: object,
) -> None:
    """Write the event log of simulated shoppers, who search for judged queries and click by their labels.

    The lists are the judged products of a query by BM25; with --serving, what a model finds in the catalogue; with
    --gateway, what a gateway answers over HTTP, which then gets the feedback and writes the log itself, with the time
    at which it arrives.
    """
    from rich.console import Console

    from cli.terminal.progress_bars import show_steps
    from vitrine.clicks.simulation.searches import browse, plan
    from vitrine.clicks.simulation.truth import lexical_ranking, model_ranking, read_truth
    from vitrine.settings import validate

    if (gateway is None) == (output is None) or (gateway and serving):
        raise ConfigError("give --output for an event log, with --serving or without, or --gateway for a running one")
    simulation = validate(SimulationSettings, settings, "options")
    truth = read_truth(data, ("train", "eval") if split == "both" else (split,))
    visits = plan(list(truth), simulation, time.time())
    with show_steps(Console(stderr=True)):
        if gateway:
            from vitrine.clicks.simulation.gateway import browse_gateway

            searches, feedback = browse_gateway(gateway, visits, truth, simulation, api_key(key_env))
        else:
            from vitrine.clicks.simulation.events import write_events

            assert output is not None
            if serving:
                from cli.terminal.output import load_tensorflow

                load_tensorflow(serving, verbose)
            rank = model_ranking(serving, truth, simulation.k) if serving else lexical_ranking(data, truth)
            searches, feedback = write_events(browse(visits, rank, truth, simulation), len(visits), output)
    place = gateway or str(output)
    if as_json:
        click.echo(json.dumps({"searches": searches, "feedback": feedback, "at": place}))
    else:
        click.echo(f"{place}: {searches:,} searches, {feedback:,} clicks and purchases")
