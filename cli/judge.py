"""`vitrine judge`: judgements by a language model."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.options import verbose_option
from vitrine.errors import ConfigError

if TYPE_CHECKING:
    from vitrine.judging.agreement import Agreement
    from vitrine.judging.run import Judged
    from vitrine.judging.settings import JudgingSettings

ENVIRONMENT_PREFIX: Final = "VITRINE_JUDGE__"


@click.command(name="judge")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="A prepared data folder, such as one of `vitrine prepare --judgements none`.",
)
@click.option(
    "--serving",
    type=click.Path(path_type=Path),
    help="The serving directory of a run, whose vectors and ranking add candidates.  [default: BM25 alone]",
)
@click.option(
    "--queries",
    type=click.Path(path_type=Path),
    help="A file of queries, one per line, or a CSV file with the column query.  [default: derived by rules]",
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="The data folder to write judgements to.  [default: DATA]"
)
@click.option(
    "--cache", type=click.Path(path_type=Path), help="The file that keeps the labels.  [default: OUTPUT.labels.jsonl]"
)
@click.option("--config", "config_path", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a setting, such as endpoint.model=NAME or budget.requests=500.",
)
@click.option(
    "--agreement",
    is_flag=True,
    help="Judge pairs that people have judged in DATA, and print the agreement; no judgements are written.",
)
@click.option(
    "--span",
    is_flag=True,
    help="Add the next span to DATA, judgements/span-N, with the pairs that neither people nor a model have judged.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@verbose_option
def command(
    data: Path,
    serving: Path | None,
    queries: Path | None,
    output: Path | None,
    cache: Path | None,
    config_path: Path | None,
    assignments: tuple[str, ...],
    agreement: bool,
    span: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Have a language model label the candidates of queries.

    \b
    export MODEL_KEY=…
    vitrine judge --data data/shop --set endpoint.base_url=https://models.example/v1 \\
        --set endpoint.model=NAME --set endpoint.api_key_env=MODEL_KEY

    The candidates are the first products of BM25 and, with --serving, of a pushed model. Labels are written as the
    judgements of the data folder, with the source llm:NAME. A command that was stopped or killed, or whose budget was
    spent, is continued by the next one.
    """  # noqa: D301 - click reads the escape
    from rich.console import Console

    from cli.terminal.progress_bars import show_steps
    from vitrine.judging.run import Sources, judge, judge_span, measure_agreement

    if agreement and (serving or queries or output):
        raise ConfigError("--agreement judges the pairs of DATA: leave out --serving, --queries and --output")
    if span and (agreement or output):
        raise ConfigError("--span adds to DATA: leave out --output and --agreement")
    settings = _settings(config_path, assignments)
    target = output or data
    sources = Sources(data, cache or _cache_beside(target), serving, queries)
    if serving:
        from cli.terminal.output import load_tensorflow

        load_tensorflow(serving, verbose)
    with show_steps(Console(stderr=True)):
        if agreement:
            judged = measure_agreement(sources, settings)
        else:
            judged = judge_span(sources, settings) if span else judge(sources, settings, target)
    if as_json:
        click.echo(json.dumps(asdict(judged), indent=2))
    else:
        _show(judged, target, span)


def _cache_beside(folder: Path) -> Path:
    named = folder if folder.name not in ("", "..") else folder.resolve()
    if not named.name:
        raise ConfigError(f"{folder}: has no folder beside it for the labels; name their file with --cache")
    return named.with_name(f"{named.name}.labels.jsonl")


def _settings(path: Path | None, assignments: tuple[str, ...]) -> "JudgingSettings":
    from vitrine.judging.settings import JudgingSettings
    from vitrine.settings import read_optional_settings

    return read_optional_settings(JudgingSettings, path, assignments, ENVIRONMENT_PREFIX)


def _show(judged: "Judged", output: Path, span: bool) -> None:
    spent = judged.spent
    click.echo(
        f"{judged.judged:,} of {judged.pairs:,} products of {judged.queries:,} queries are judged by {judged.model}; "
        f"this took {spent.requests:,} requests and about {spent.tokens:,} tokens"
    )
    if spent.unanswered:
        click.echo(f"{spent.unanswered:,} products had no usable answer; the same command asks again")
    if spent.stopped:
        click.echo(f"{spent.stopped}; the same command continues")
    if judged.agreement:
        _show_agreement(judged.agreement)
    elif judged.summary:
        for split, labels in judged.summary.labels.items():
            counts = ", ".join(f"{label} {count:,}" for label, count in labels.items())
            click.echo(f"{split}: {judged.summary.queries[split]:,} queries, {counts}")
        click.echo(f"{output / 'judgements'}: written")
    elif span:
        click.echo("no span is written: there is no new label")
    else:
        click.echo("no judgements are written yet: both splits need some")


def _show_agreement(found: "Agreement") -> None:
    from rich.console import Console
    from rich.table import Table

    from vitrine.labels import LABELS

    table = Table(title="people's labels by row, the model's by column", title_justify="left")
    table.add_column("")
    for label in reversed(LABELS):
        table.add_column(label, justify="right")
    for label, row in zip(reversed(LABELS), reversed(found.confusion), strict=True):
        table.add_row(label, *(f"{count:,}" for count in reversed(row)))
    Console().print(table)
    click.echo(
        f"kappa {found.kappa:.3f}, with quadratic weights {found.weighted_kappa:.3f}, "
        f"equal labels {found.accuracy:.1%}, of {found.pairs:,} pairs of {found.queries:,} queries"
    )
