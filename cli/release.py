"""`vitrine release`: canaries, promotions and rollbacks of served versions."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from cli.terminal.output import quiet_tensorflow

if TYPE_CHECKING:
    from vitrine.serving.release.label_moves import Labels
    from vitrine.serving.release.plan import Release
    from vitrine.serving.release.releasing import SmokeRequests


class _Options(TypedDict):
    """The options of every subcommand."""

    file: Path
    model: str
    urls: Sequence[str]
    timeout: float
    dry_run: bool
    as_json: bool


def _options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every subcommand."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the release as JSON."),
        click.option("--dry-run", is_flag=True, help="Check everything and print the changes, but write nothing."),
        click.option(
            "--timeout",
            default=300.0,
            show_default=True,
            type=click.FloatRange(min=0.1),
            help="Time limit for a version to load and for a label to move, in seconds.",
        ),
        click.option(
            "--server",
            "urls",
            multiple=True,
            default=["http://127.0.0.1:8501"],
            show_default=True,
            help="The REST address of a model server that reads the file. Repeat it for each replica.",
        ),
        click.option("--model", default="product_search", show_default=True, help="The name of the model in the file."),
        click.option(
            "--model-config-file",
            "file",
            required=True,
            type=click.Path(path_type=Path),
            help="TF Serving's models.config, which the servers read.",
        ),
    ):
        function = option(function)
    return function


def _smoke_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the smoke test."""
    for option in (
        click.option("--no-smoke", is_flag=True, help="Skip the smoke test."),
        click.option(
            "--query",
            "queries",
            multiple=True,
            help="Use this query in the smoke test, instead of the model's warm-up requests.",
        ),
    ):
        function = option(function)
    return function


@click.group(name="release", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Roll out a version of a served model, or roll it back.

    Clients send requests to /v1/models/MODEL/labels/stable. `canary` serves a version beside the stable one, `promote`
    moves the label, and `rollback` moves it back. Each command loads the version, waits for the servers, runs a smoke
    test, and only then moves the label, so no request fails meanwhile. After a failure, the original file is restored.
    Comments in the file are lost.

    Exit codes: 0 success; 2 invalid input, or a server does not respond or does not apply the file; 4 the version does
    not load, or fails its smoke test.
    """


@command.command(name="canary")
@click.option("--version", required=True, type=click.IntRange(min=0), help="The version to serve as the canary.")
@_smoke_options
@_options
def canary(version: int, queries: Sequence[str], no_smoke: bool, **options: Unpack[_Options]) -> None:
    """Serve a version under the label canary, beside the stable one."""
    from vitrine.serving.release.label_moves import CANARY
    from vitrine.serving.release.label_moves import canary as move

    _release(lambda labels: move(labels, version), _smoke_requests(CANARY, queries, no_smoke), **options)


@command.command(name="promote")
@click.option("--version", type=click.IntRange(min=0), help="The version to make stable.  [default: the canary]")
@_smoke_options
@_options
def promote(version: int | None, queries: Sequence[str], no_smoke: bool, **options: Unpack[_Options]) -> None:
    """Make the canary the stable version.

    The old stable version stays loaded, under the label previous.
    """
    from vitrine.serving.release.label_moves import STABLE
    from vitrine.serving.release.label_moves import promote as move

    _release(lambda labels: move(labels, version), _smoke_requests(STABLE, queries, no_smoke), **options)


@command.command(name="rollback")
@_options
def rollback(**options: Unpack[_Options]) -> None:
    """Undo the last release.

    This drops the canary or, after a promotion, makes the previous version stable again.
    """
    from vitrine.serving.release.label_moves import rollback as move

    _release(move, lambda _: {}, **options)


def _smoke_requests(label: str, queries: Sequence[str], no_smoke: bool) -> "Callable[[Release], SmokeRequests]":
    """Return the smoke test of the version that `label` moves to, as a function of the release."""

    def requests(release: "Release") -> "SmokeRequests":
        from vitrine.serving.release.smoke_test import recorded_requests, text_requests, warmup_file

        if no_smoke or label not in release.moved:
            return {}
        version = release.moved[label]
        if queries:
            return {version: text_requests(queries)}
        file = warmup_file(release.entry.base_path / str(version))
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        quiet_tensorflow()
        return {version: recorded_requests(file)}

    return requests


def _release(
    move_labels: "Callable[[Labels], Labels]",
    smoke_requests: "Callable[[Release], SmokeRequests]",
    file: Path,
    model: str,
    urls: Sequence[str],
    timeout: float,
    dry_run: bool,
    as_json: bool,
) -> None:
    from vitrine.serving.release.releasing import Servers, release

    servers = Servers(file, model, urls, timeout)
    released = release(servers, move_labels, smoke_requests, lambda line: click.echo(line, err=True), dry_run)
    if as_json:
        click.echo(json.dumps(_as_json(released.release, file, dry_run, released.smoke_requests), indent=2))
    else:
        click.echo(_as_text(released.release, file, dry_run, released.before))


def _as_json(release: "Release", file: Path, dry_run: bool, requests: "SmokeRequests") -> dict[str, object]:
    return {
        "model": release.model,
        "file": str(file),
        "dry_run": dry_run,
        "labels_before": dict(release.entry.labels),
        "labels": dict(release.after),
        "versions": sorted(release.steps[-1].versions),
        "smoke": {str(version): [request.signature for request in batch] for version, batch in requests.items()},
    }


def _as_text(release: "Release", file: Path, dry_run: bool, before: str) -> str:
    from difflib import unified_diff

    from vitrine.serving.release.model_entry import rewrite_entry

    labels = ", ".join(f"{label} {version}" for label, version in sorted(release.after.items()))
    if not dry_run:
        return f"{release.model}: {labels}"
    after = rewrite_entry(before, file, release.model, *release.steps[-1])
    lines = unified_diff(before.splitlines(), after.splitlines(), str(file), f"{file} after the release", lineterm="")
    return "\n".join(lines) or f"{release.model}: {labels}, unchanged"
