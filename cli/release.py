"""`vitrine release`: roll a version out, and back."""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.terminal.output import quiet_tensorflow

if TYPE_CHECKING:
    from vitrine.serving.release.label_moves import Labels
    from vitrine.serving.release.plan import Release
    from vitrine.serving.release.smoke_test import Question


def _options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of every subcommand."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON."),
        click.option("--dry-run", is_flag=True, help="Check everything and print what would be written."),
        click.option(
            "--timeout",
            default=300.0,
            show_default=True,
            type=click.FloatRange(min=0.1),
            help="Seconds that a version may take to load, and a label to move.",
        ),
        click.option(
            "--server",
            "urls",
            multiple=True,
            default=["http://127.0.0.1:8501"],
            show_default=True,
            help="A model server that follows the file: its REST address. Repeat it for each replica.",
        ),
        click.option("--model", default="product_search", show_default=True, help="Its name in the file."),
        click.option(
            "--model-config-file",
            "file",
            required=True,
            type=click.Path(path_type=Path),
            help="TF Serving's models.config, which the servers follow.",
        ),
    ):
        function = option(function)
    return function


def _smoke_options(function: Callable[..., None]) -> Callable[..., None]:
    """What to ask the version before its label moves."""
    for option in (
        click.option("--no-smoke", is_flag=True, help="Ask it nothing."),
        click.option("--query", "queries", multiple=True, help="Ask this instead of the model's warm-up requests."),
    ):
        function = option(function)
    return function


@click.group(name="release", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Roll a version of a served model out, and back, while clients go on asking.

    Clients ask for /v1/models/MODEL/labels/stable. `canary` serves a version beside it, `promote` moves the label, and
    `rollback` moves it back. Each loads what is needed, waits for the servers, asks the new version a few queries, and
    only then moves a label; if anything goes wrong, the file is as it was. A release drops the file's comments.

    Exit codes: 0 done; 2 bad input, or a server that does not answer or follow; 4 the version does not load, or
    fails its smoke test.
    """


@command.command(name="canary")
@click.option("--version", required=True, type=click.IntRange(min=0), help="The version to try.")
@_smoke_options
@_options
def canary(version: int, queries: Sequence[str], no_smoke: bool, **options: Any) -> None:
    """Serve a version beside the stable one, for those who ask for the label canary."""
    from vitrine.serving.release.label_moves import CANARY
    from vitrine.serving.release.label_moves import canary as move

    _release(lambda labels: move(labels, version), _asked(CANARY, queries, no_smoke), **options)


@command.command(name="promote")
@click.option("--version", type=click.IntRange(min=0), help="The version to make stable.  [default: the canary]")
@_smoke_options
@_options
def promote(version: int | None, queries: Sequence[str], no_smoke: bool, **options: Any) -> None:
    """Make the canary the stable version. The one before stays loaded, under the label previous."""
    from vitrine.serving.release.label_moves import STABLE
    from vitrine.serving.release.label_moves import promote as move

    _release(lambda labels: move(labels, version), _asked(STABLE, queries, no_smoke), **options)


@command.command(name="rollback")
@_options
def rollback(**options: Any) -> None:
    """Undo the last step: drop the canary, or once it is promoted, make the previous version stable again."""
    from vitrine.serving.release.label_moves import rollback as move

    _release(move, lambda _: {}, **options)


def _asked(label: str, queries: Sequence[str], no_smoke: bool) -> "Callable[[Release], dict[int, list[Question]]]":
    """What to ask the version that `label` moves to."""

    def questions(release: "Release") -> "dict[int, list[Question]]":
        from vitrine.serving.release.smoke_test import from_texts, recorded, warmup_file

        if no_smoke or label not in release.moved:
            return {}
        version = release.moved[label]
        if queries:
            return {version: from_texts(queries)}
        file = warmup_file(release.entry.base_path / str(version))
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        quiet_tensorflow()
        return {version: recorded(file)}

    return questions


def _release(
    move: "Callable[[Labels], Labels]",
    ask: "Callable[[Release], dict[int, list[Question]]]",
    file: Path,
    model: str,
    urls: Sequence[str],
    timeout: float,
    dry_run: bool,
    as_json: bool,
) -> None:
    from vitrine.serving.release.config_file import hold
    from vitrine.serving.release.plan import plan
    from vitrine.serving.release.rollout import carry_out
    from vitrine.serving.release.server_client import ModelServer

    with ExitStack() as stack:
        held = stack.enter_context(hold(file))
        servers = [stack.enter_context(closing(ModelServer(url, model))) for url in dict.fromkeys(urls)]
        release, seen = plan(held.text, file, model, move, servers)
        questions = ask(release)
        before = held.text
        if not dry_run:
            carry_out(release, held, servers, seen, questions, timeout, lambda line: click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps(_as_json(release, file, dry_run, questions), indent=2))
    else:
        click.echo(_told(release, file, dry_run, before))


def _as_json(release: "Release", file: Path, dry_run: bool, questions: "dict[int, list[Question]]") -> dict[str, Any]:
    return {
        "model": release.model,
        "file": str(file),
        "dry_run": dry_run,
        "labels_before": dict(release.entry.labels),
        "labels": dict(release.after),
        "versions": sorted(release.steps[-1].versions),
        "smoke": {str(version): [question.signature for question in asked] for version, asked in questions.items()},
    }


def _told(release: "Release", file: Path, dry_run: bool, before: str) -> str:
    from difflib import unified_diff

    from vitrine.serving.release.model_entry import rewrite_entry

    labels = ", ".join(f"{label} {version}" for label, version in sorted(release.after.items()))
    if not dry_run:
        return f"{release.model}: {labels}"
    after = rewrite_entry(before, file, release.model, *release.steps[-1])
    lines = unified_diff(before.splitlines(), after.splitlines(), str(file), f"{file} at the end", lineterm="")
    return "\n".join(lines) or f"{release.model}: {labels}, as it is"
