"""`vitrine audit`: robustness, refusals and other qualities of a search engine as its users meet it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.options import api_key, verbose_option
from vitrine.audit.settings import SUITES, AuditSettings
from vitrine.errors import ConfigError, DataError, RefusedError

if TYPE_CHECKING:
    from vitrine.audit.data import AuditData
    from vitrine.audit.target import Target

PREFIX: Final = "VITRINE__AUDIT__"


@click.command()
@click.option("--run", "run_directory", type=click.Path(path_type=Path), help="The directory of a run that pushed.")
@click.option("--gateway", metavar="URL", help="Instead of --run: a running gateway, such as http://127.0.0.1:8000.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="With --gateway: the data folder with its catalogue and held-out judgements, which most suites need.",
)
@click.option("--key-env", metavar="NAME", help="The environment variable with an API key of the gateway, if needed.")
@click.option(
    "--suite", "suites", multiple=True, type=click.Choice(SUITES), help="Run this suite, or several.  [default: all]"
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="A run's configuration, whose section audit is used.",
)
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Override a setting, such as audit.queries=50."
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="The folder of the report.  [default: audit in the run, or audit]"
)
@click.option("--gate", is_flag=True, help="Exit with 4 if a threshold of audit.gate is missed.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON instead of the tables.")
@verbose_option
def command(
    run_directory: Path | None,
    gateway: str | None,
    data: Path | None,
    key_env: str | None,
    suites: tuple[str, ...],
    config_path: Path | None,
    assignments: tuple[str, ...],
    output: Path | None,
    gate: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """Audit a search engine: what it loses when queries are written otherwise, and what it should refuse.

    \b
    vitrine audit --run runs/sample
    vitrine audit --run runs/sample --suite refusals --gate --set 'audit.gate={refusals.real.lost: 0.01}'
    vitrine audit --gateway http://127.0.0.1:8000 --data data/sample

    The tables are printed, and written to audit.html, audit.md and audit.json in the folder --output. With --run, the
    findings are added to the model card beside the pushed model. A running gateway
    logs the searches as those of a shopper.
    """  # noqa: D301 - click reads the escape
    from rich.console import Console

    from cli.terminal.markdown import show
    from cli.terminal.progress_bars import show_steps

    if (run_directory is None) == (gateway is None):
        raise ConfigError("give either --run DIR or --gateway URL")
    if run_directory and (data or key_env):
        raise ConfigError("--data and --key-env are for --gateway: a run has its own data")
    settings = _settings(config_path, assignments)
    if gate and not settings.gate:
        raise ConfigError("--gate has no threshold to check; set audit.gate, as `vitrine audit --help` shows")
    folder = output or ((run_directory / "audit") if run_directory else Path("audit"))
    with _engine(run_directory, gateway, data, api_key(key_env), verbose) as (target, around):
        from vitrine.audit.report import MARKDOWN, write_report
        from vitrine.audit.report import as_json as json_text
        from vitrine.audit.run import run_audit

        with show_steps(Console(stderr=True)):
            audit = run_audit(target, around, settings, suites)
    write_report(audit, folder)
    if run_directory is not None:
        from pipelines.audit import update_model_card
        from pipelines.run_directory import RunDirectory

        update_model_card(RunDirectory(run_directory), folder)
    if as_json:
        click.echo(json_text(audit), nl=False)
    else:
        show((folder / MARKDOWN).read_text(encoding="utf-8"))
        click.echo(f"written to {folder}")
    if gate and audit.missed:
        raise RefusedError("; ".join(audit.missed))


def _settings(config_path: Path | None, assignments: tuple[str, ...]) -> AuditSettings:
    """Return the section `audit` of a run's configuration, or the defaults, with overrides of `audit.…`."""
    from vitrine.settings import override, validate

    if config_path is not None:
        from pipelines.settings import load_run_settings

        return load_run_settings(config_path, assignments).audit
    for assignment in assignments:
        if not assignment.startswith("audit."):
            raise ConfigError(f"--set {assignment}: without --config, only keys of audit can be set")
    keys = (assignment.removeprefix("audit.") for assignment in assignments)
    return validate(AuditSettings, override({}, keys, os.environ, PREFIX), "audit")


@contextmanager
def _engine(
    run_directory: Path | None, gateway: str | None, data: Path | None, key: str | None, verbose: bool
) -> "Iterator[tuple[Target, AuditData]]":
    """Yield the engine, and what is known around it."""
    if gateway is not None:
        from vitrine.audit.data import AuditData, read_folder
        from vitrine.audit.gateway_target import remote_target

        around = read_folder(data) if data else AuditData()
        with remote_target(gateway, key) as target:
            yield target, around
        return
    from cli.terminal.output import load_tensorflow
    from pipelines.run_directory import RunDirectory

    assert run_directory is not None
    directory = RunDirectory(run_directory)
    if not directory.metadata.is_file():
        raise DataError(f"{run_directory}: no run there; `vitrine run` makes one")
    load_tensorflow(directory.serving, verbose)
    from pipelines.audit import run_data
    from vitrine.audit.local_target import local_target

    with local_target(directory.serving) as target:
        yield target, run_data(directory)
