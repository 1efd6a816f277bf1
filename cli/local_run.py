"""A local run with its progress on the terminal and all other output in the run's log."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from cli.garbage_collection import no_collection
from cli.terminal.node_progress import NodeProgress
from cli.terminal.output import output_to
from cli.terminal.progress_bars import show_steps
from pipelines.kinds import Kind
from pipelines.released_memory import use_system_allocator
from pipelines.run_directory import RunDirectory, exclusive, first_line, plain_error, scratch
from pipelines.settings import RunSettings
from pipelines.settings_checks import require_cross_encoders, require_engine
from vitrine.errors import RefusedError

if TYPE_CHECKING:
    from pipelines.report_json import Report


def run_in_terminal(settings: RunSettings, output: Path, verbose: bool, kind: Kind = "run") -> None:
    """Run the pipeline of this kind and write its report.

    Raises VitrineError if the input or the model is at fault. Exits with 1 on an internal error.
    """
    directory = RunDirectory(output)
    with exclusive(output), scratch():
        try:
            if verbose:
                report = _run(settings, directory, kind, Console())
            else:
                with output_to(directory.log) as console:
                    report = _run(settings, directory, kind, console)
        except Exception as error:
            user_error = plain_error(error)
            if user_error is not None:
                raise user_error from None
            if verbose:
                raise
            click.echo(f"error: {first_line(error)}\nThe full output is in {directory.log}", err=True)
            sys.exit(1)
    _conclude(report, directory)


def _run(settings: RunSettings, directory: RunDirectory, kind: Kind, console: Console) -> "Report":
    console.print(f"[bold]vitrine {kind}[/] {settings.name} → {directory.output}", highlight=False, soft_wrap=True)
    with show_steps(console):
        settings = require_engine(settings, directory.output)
    use_system_allocator()
    with console.status("loading TFX"), no_collection():
        from pipelines.local_runner import build, run
        from pipelines.metadata.changes import changes
        from pipelines.report import write_report

        require_cross_encoders(settings)
        pipeline = build(settings, directory, kind)
    try:
        with NodeProgress(console, len(pipeline.components), partial(changes, directory.metadata)):
            run(pipeline, directory)
    except Exception as error:
        write_report(directory, settings.name, error=first_line(plain_error(error) or error))
        raise
    return write_report(directory, settings.name)


def _conclude(report: "Report", directory: RunDirectory) -> None:
    path = f"{directory.output}/report.md"
    summary = f"The search model is {report['summary']}." if report["summary"] else ""
    if report["status"] == "refused":
        reasons = "\n".join(f"  - {reason}" for reason in report["refused"])
        end = f"{summary} See {path}".strip()
        raise RefusedError(f"the model was refused, and nothing was pushed:\n{reasons}\n{end}")
    if summary:
        click.echo(summary)
    click.echo(f'{_pools(report)}; report: {path}\ntry it: vitrine search "…" --serving {directory.serving}')


def _pools(report: "Report") -> str:
    from vitrine.evaluation.thresholds import indistinct

    if reason := indistinct(report["pools"]):
        return f"The judged pools cannot tell models apart: {reason}"
    ranking = {name: row["ndcg@10"]["value"] for name, row in report["ranking"].items()}
    return (
        f"nDCG@10 {ranking['search_model']:.3f} (BM25 {ranking['bm25']:.3f}, similarity {ranking['similarity']:.3f}, "
        f"random {ranking['random']:.3f}) on the judged pools"
    )
