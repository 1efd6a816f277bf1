"""`vitrine ab`: evaluation of online experiments."""

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.options import utc_seconds
from vitrine.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from vitrine.experiments.figures import Interleaving, Report

NOT_TRUSTED: Final = 5
"""Exit code of a report whose users are not split as configured."""
WIDTH: Final = 150
"""Width of tables in a file or a pipe, in characters."""


@click.group(name="ab", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Evaluate online experiments from the event log."""


@command.command(name="report")
@click.option("--events", required=True, type=click.Path(path_type=Path), help="The event log's directory.")
@click.option("--experiment", help="The experiment's name. Required if the log has several.")
@click.option("--a", help="The arm to compare with. Required, like --b, if there are more than two.")
@click.option("--b", help="The arm to compare.")
@click.option("--shares", metavar="ARM=SHARE,...", help="The configured shares of users of all arms.  [default: equal]")
@click.option(
    "--since",
    type=click.DateTime(),
    metavar="TIME",
    help="Leave out searches before this time in UTC, such as 2026-03-31[T12:00:00].",
)
@click.option("--until", type=click.DateTime(), metavar="TIME", help="Leave out searches from this time in UTC on.")
@click.option(
    "--max-searches", type=click.IntRange(1), help="Leave out users with more searches, who are probably programs."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def report(
    events: Path,
    experiment: str | None,
    a: str | None,
    b: str | None,
    shares: str | None,
    since: datetime | None,
    until: datetime | None,
    max_searches: int | None,
    as_json: bool,
) -> None:
    """Compare two arms of an experiment.

    The figures are clicks, purchases, empty results, junk, latency and the preference in interleaved lists.

    The unit of analysis is the user: intervals and p-values allow for the similarity of a user's searches. Users who
    were assigned to several arms are left out. p-values are valid for one evaluation at a date that was set
    beforehand, not for daily evaluations until one of them is small.

    Exit codes: 0 success; 2 nothing to report; 5 the report must not be trusted, because users are not split as
    configured (sample ratio mismatch, p < .001).
    """
    from vitrine.experiments.report import make_report

    if (a is None) != (b is None):
        raise ConfigError("--a and --b: give both, or neither")
    comparison = make_report(
        events, experiment, a, b, _shares(shares), utc_seconds(since), utc_seconds(until), max_searches
    )
    if as_json:
        click.echo(comparison.model_dump_json(indent=2))
    else:
        from rich.console import Console

        console = Console()
        if not console.is_terminal:
            console.width = WIDTH
        _print(console, comparison)
    if comparison.sample_ratio and not comparison.sample_ratio.trusted:
        click.get_current_context().exit(NOT_TRUSTED)


def _shares(text: str | None) -> dict[str, float] | None:
    if text is None:
        return None
    from vitrine.experiments.assignment import check_shares

    try:
        pairs = [pair.rpartition("=") for pair in text.split(",")]
        shares = {arm.strip(): float(share) for arm, _, share in pairs}
        check_shares(shares)
    except ValueError as error:
        raise ConfigError(f"--shares {text!r}: {error}; an example is a=0.5,b=0.5") from None
    return shares


def _print(console: "Console", report: "Report") -> None:
    from rich.markup import escape

    trusted = report.sample_ratio is None or report.sample_ratio.trusted
    console.print(_arms(report))
    if report.sample_ratio:
        assumed = " (equal shares assumed)" if report.sample_ratio.assumed_equal else ""
        state = "as configured" if trusted else "NOT as configured"
        console.print(f"Users are split {state}{assumed}: p = {report.sample_ratio.p_value:.3g}", highlight=False)
    if report.metrics:
        console.print(_metrics(report))
    if report.interleaving:
        console.print(_interleaving(report.interleaving))
    for name, count in report.excluded:
        if count:
            console.print(f"Left out: {name.replace('_', ' ')}: {count:,}", highlight=False)
    for index, sentence in enumerate(report.verdict):
        console.print(escape(sentence), style="bold red" if index == 0 and not trusted else "bold", highlight=False)


def _arms(report: "Report") -> "Table":
    quantiles = ("p50 ms", "p95 ms")
    columns = ("arm", "configured", "users", "searches", *quantiles, "uncached", *quantiles)
    table = _table(*columns, title=report.experiment)
    for arm in report.arms:
        latency = (_number(arm.latency_p50_ms, ".1f"), _number(arm.latency_p95_ms, ".1f"))
        uncached = (_number(arm.uncached_p50_ms, ".1f"), _number(arm.uncached_p95_ms, ".1f"))
        counts = (f"{arm.users:,}", f"{arm.searches:,}", *latency, f"{arm.uncached:,}", *uncached)
        _add(table, arm.name, f"{arm.share:.1%}", *counts)
    return table


def _metrics(report: "Report") -> "Table":
    a, b = report.a, report.b
    table = _table("metric", a, b, f"{b} − {a}", "95% interval", "lift", "p", "p (Holm)", "effect", "detectable lift")
    for metric in report.metrics:
        interval = f"{_number(metric.low, '+.4f')} to {_number(metric.high, '+.4f')}"
        tested = (_number(metric.p_value, ".2g"), _number(metric.p_corrected, ".2g"))
        effect = f"{metric.effect_size} = {_number(metric.effect, '+.3f')}"
        values = (_number(metric.a), _number(metric.b), _number(metric.difference, "+.4f"), interval)
        _add(
            table, metric.name, *values, _number(metric.relative, "+.1%"), *tested, effect,
            _number(metric.detectable_relative, ".1%"),
        )  # fmt: skip
    return table


def _interleaving(result: "Interleaving") -> "Table":
    table = _table("lists", f"{result.a} wins", f"{result.b} wins", "ties", "Δ", "95% interval", "p")
    counts = (f"{count:,}" for count in (result.lists, result.wins_a, result.wins_b, result.ties))
    interval = f"{_number(result.low, '+.4f')} to {_number(result.high, '+.4f')}"
    _add(table, *counts, _number(result.delta, "+.4f"), interval, _number(result.p_value, ".2g"))
    return table


def _table(first: str, *others: str, title: str | None = None) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left")
    table.add_column(Text(first))
    for other in others:
        table.add_column(Text(other), justify="right")
    return table


def _add(table: "Table", *cells: str) -> None:
    from rich.text import Text

    table.add_row(*map(Text, cells))


def _number(value: float, form: str = ".4f") -> str:
    return "–" if math.isnan(value) else f"{value:{form}}"
